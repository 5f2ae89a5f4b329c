"""Public weights: under which licence, and which data sets they have seen.

A data set that the weights were trained on says nothing about how they do on new images.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

Family = Literal["unet", "cellpose", "stardist"]
Seen = Literal["seen", "unseen", "unknown"]
UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicWeights:
    """What must be said wherever these weights are used."""

    family: Family
    licence: str
    trained_on: tuple[str, ...]
    """Keys of `DATASETS`."""

    @property
    def commercial_use(self) -> bool:
        """Whether the licence allows commercial use."""
        return "NC" not in self.licence


CELLPOSE_SAM = PublicWeights(
    family="cellpose",
    licence="CC-BY-NC-4.0",
    trained_on=(
        "cellpose",
        "dsb2018",
        "omnipose",
        "tissuenet",
        "livecell",
        "yeaz",
        "deepbacs",
        "neurips2022",
        "monuseg",
        "monusac",
        "cryonuseg",
        "nuinsseg",
        "bccd",
        "cpm",
        "tnbc",
        "lynsec",
        "ihc tma",
        "conic",
        "pannuke",
    ),
)
DSB2018_STARDIST = PublicWeights(family="stardist", licence="BSD-3-Clause", trained_on=("dsb2018",))

PUBLIC_WEIGHTS: dict[str, PublicWeights] = {
    "cpsam": CELLPOSE_SAM,
    "cpsam_v2": CELLPOSE_SAM,
    "imagenet": PublicWeights(family="unet", licence=UNKNOWN, trained_on=("imagenet",)),
    "2D_versatile_fluo": DSB2018_STARDIST,
    "2D_paper_dsb2018": DSB2018_STARDIST,
    "2D_versatile_he": PublicWeights(
        family="stardist", licence="BSD-3-Clause", trained_on=("monuseg", "tnbc")
    ),
}
"""By the name that the family's own package gives them.

Sources: Pachitariu et al. 2025 (doi:10.1101/2025.04.28.651001), whose "Cellpose Nuclei" holds
images of DSB2018 and whose encoder saw natural images before; StarDist's documentation of its
pretrained models. The licence of `imagenet` depends on the encoder: `licence_of`.
"""

ENCODER_LICENCES = {
    "BSD-3-Clause": ("resnet", "resnext50", "densenet", "vgg", "mobilenet_v2"),
    "LicenseRef-NVIDIA-Source-Code-License-NC": ("mit_b",),
}
"""Of ImageNet weights by how the names of their encoders begin: those that come from torchvision,
and those of SegFormer (Xie et al. 2021), which forbid commercial use. Of others, gathered from many
places, segmentation-models-pytorch does not say."""

DATASETS: dict[str, tuple[str, ...]] = {
    "cellpose": ("cellpose", "cyto"),
    "dsb2018": ("dsb2018", "datasciencebowl", "dsbowl", "bbbc038"),
    "omnipose": ("omnipose", "bactfluor", "bactphase"),
    "tissuenet": ("tissuenet",),
    "livecell": ("livecell",),
    "yeaz": ("yeaz",),
    "deepbacs": ("deepbacs",),
    "neurips2022": ("neurips",),
    "monuseg": ("monuseg",),
    "monusac": ("monusac",),
    "cryonuseg": ("cryonuseg",),
    "nuinsseg": ("nuinsseg",),
    "bccd": ("bccd",),
    "cpm": ("cpm15", "cpm17"),
    "tnbc": ("tnbc",),
    "lynsec": ("lynsec",),
    "ihc tma": ("ihctma",),
    "conic": ("conic", "lizard"),
    "pannuke": ("pannuke",),
    "bbbc006": ("bbbc006",),
    "bbbc020": ("bbbc020",),
    "cell tracking challenge": ("celltracking", "ctc"),
    "simulated": ("simulated",),
    "imagenet": ("imagenet",),
}
"""Known data sets, and what the names of their copies contain (letters and digits only)."""


def licence_of(weights: str, *, encoder: str = "") -> str:
    """The licence of public weights, `unknown` where it is not known.

    Args:
        weights: their name, or a file or folder of that name.
        encoder: that `imagenet` weights are of.
    """
    name = PurePath(weights).name
    about = PUBLIC_WEIGHTS.get(name)
    if about is None:
        return UNKNOWN
    if name != "imagenet":
        return about.licence
    return next(
        (licence for licence, names in ENCODER_LICENCES.items() if encoder.startswith(names)),
        UNKNOWN,
    )


def seen(weights: str, dataset_name: str) -> Seen:
    """Whether public weights were trained on a data set.

    Args:
        weights: their name, or a file or folder of that name.
        dataset_name: of the data set, e.g. `dsb2018_fluo`.

    Returns:
        `unknown` unless both are known by name: a data set with a name of its own may hold
        images of a public one.
    """
    about = PUBLIC_WEIGHTS.get(PurePath(weights).name)
    dataset = _known_dataset(dataset_name)
    if about is None or dataset is None:
        return "unknown"
    return "seen" if dataset in about.trained_on else "unseen"


def _known_dataset(name: str) -> str | None:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    for dataset, parts in DATASETS.items():
        if any(part in plain for part in parts):
            return dataset
    return None
