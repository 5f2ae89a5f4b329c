"""Known data sets, by what the names of their copies contain."""

import re
from typing import Literal

from trainables.segmenters.published import PublicWeights

Seen = Literal["seen", "unseen", "unknown"]

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


def seen(weights: PublicWeights | None, dataset_name: str) -> Seen:
    """Whether public weights were trained on a data set.

    Scores on a data set that the weights were trained on say nothing about new images.

    Args:
        weights: what is known about them.
        dataset_name: e.g. `dsb2018_fluo`.

    Returns:
        `unknown` unless both are known by name: a data set with a name of its own may hold
        images of a public one.
    """
    dataset = _known_dataset(dataset_name)
    if weights is None or dataset is None:
        return "unknown"
    return "seen" if dataset in weights.trained_on else "unseen"


def _known_dataset(name: str) -> str | None:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    for dataset, parts in DATASETS.items():
        if any(part in plain for part in parts):
            return dataset
    return None
