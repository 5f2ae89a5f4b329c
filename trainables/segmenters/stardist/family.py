"""StarDist, as seen by everything that does not train it."""

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from trainables.segmenters.family import Family
from trainables.segmenters.published import PublicWeights, Weights
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.stardist.used import TAKE_HOME
from trainables.spec.papers import Paper
from trainables.spec.space import Space
from trainables.spec.trial_spec import TrialSpec, WeightsKind

if TYPE_CHECKING:
    from trainables.segmenters.stardist.segmenter import Stardist

PAPER = Paper(
    citation="Schmidt et al. 2018",
    reference="Schmidt, Weigert, Broaddus, Myers. Cell detection with star-convex polygons. "
    "MICCAI 2018.",
    doi="10.1007/978-3-030-00934-2_30",
)
LEARNING_RATE = 2e-3
"""Default for AdamW and a few thousand crops, wherever training starts: fine-tuning a source model
on ten images at 1e-3 learnt too little (test F1 0.71 against 0.76, and 0.51 against 0.57)."""
WEIGHTS_FILE = "weights_best.h5"
LICENCE = "BSD-3-Clause"
PUBLISHED = {
    "2D_versatile_fluo": PublicWeights(licence=LICENCE, trained_on=("dsb2018",)),
    "2D_paper_dsb2018": PublicWeights(licence=LICENCE, trained_on=("dsb2018",)),
    "2D_versatile_he": PublicWeights(licence=LICENCE, trained_on=("monuseg", "tnbc")),
}
"""Public models, by their names in StarDist. Source: its documentation of its pretrained models."""


def _make(spec: TrialSpec, channels: int) -> "Stardist":
    from trainables.segmenters.stardist.segmenter import Stardist

    return Stardist(spec, channels=channels)


def _network(settings: StardistSpec, text: str) -> StardistSpec:
    raise ValueError(f"StarDist has one network, but got {text!r}: leave --network out for it.")


def _search(settings: StardistSpec, weights: WeightsKind) -> Space:
    return Space(learning_rate=LEARNING_RATE)


def _look(settings: StardistSpec, name: str) -> Path | None:
    file = Path(name) / WEIGHTS_FILE
    return file if file.is_file() else None


def _fetch(settings: StardistSpec, name: str) -> Path:
    from trainables.segmenters.stardist.network import read
    from trainables.segmenters.stardist.public import public_folder

    folder = public_folder(name)
    read(folder)
    return folder / WEIGHTS_FILE


STARDIST = Family(
    name="stardist",
    title="StarDist",
    in_words="StarDist",
    settings=StardistSpec,
    make=_make,
    framework="tensorflow",
    packages=("stardist",),
    usual_start="pretrained",
    can=frozenset({"zero_shot"}),
    cite=lambda settings: (PAPER,),
    seconds_per_crop=lambda settings: 0.048,
    network=_network,
    search=_search,
    weights=Weights(
        known=lambda settings, name: PUBLISHED.get(PurePath(name).name),
        look=_look,
        fetch=_fetch,
        network=lambda settings, name: settings,
        files=(WEIGHTS_FILE, "config.json", "thresholds.json"),
        is_folder=True,
    ),
    take_home=TAKE_HOME,
)
