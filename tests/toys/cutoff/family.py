"""The cut-off, as seen by everything that does not train it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trainables.segmenters.cutoff.settings import CutoffSpec
from trainables.segmenters.family import Family
from trainables.segmenters.published import Weights
from trainables.segmenters.take_home import Exported, PackagedNetwork, TakeHome, fenced
from trainables.spec.papers import Paper
from trainables.spec.space import Range, Space
from trainables.spec.trial_spec import TrialSpec, WeightsKind

if TYPE_CHECKING:
    from trainables.segmenters.cutoff.segmenter import Cutoff
    from trainables.segmenters.protocol import Segmenter

PAPER = Paper(
    citation="Otsu 1979",
    reference="Otsu. A threshold selection method from gray-level histograms. IEEE Transactions on "
    "Systems, Man, and Cybernetics 9, 1979.",
    doi="10.1109/TSMC.1979.4310076",
)


def _make(spec: TrialSpec, channels: int) -> "Cutoff":
    from trainables.segmenters.cutoff.segmenter import Cutoff

    return Cutoff(spec, channels=channels)


def _search(settings: CutoffSpec, weights: WeightsKind) -> Space:
    blur = Range(field="segmenter.blur_px", low=0.5, high=3.0, default=1.0)
    return Space(learning_rate=2e-3, own=(blur,))


def _no_network(settings: CutoffSpec, text: str) -> CutoffSpec:
    raise ValueError(f"A cut-off has no network, but got {text!r}.")


def _no_weights(settings: CutoffSpec, name: str) -> Path:
    raise ValueError(f"Nobody has published a cut-off, but got {name!r}.")


def _usage(settings: CutoffSpec, exported: Exported) -> Iterator[str]:
    yield from fenced(f"python -m json.tool {exported.path.name}")


def _package(
    settings: CutoffSpec, exported: Exported, segmenter: "Segmenter", parts: Path
) -> PackagedNetwork:
    raise ValueError("A cut-off is no network, so there is no package of it.")


CUTOFF = Family(
    name="cutoff",
    title="Cut-off",
    in_words="a Cut-off with connected components",
    settings=CutoffSpec,
    make=_make,
    framework="none",
    usual_start="scratch",
    cite=lambda settings: (PAPER,),
    seconds_per_crop=lambda settings: 0.001,
    network=_no_network,
    search=_search,
    weights=Weights(
        known=lambda settings, name: None,
        look=lambda settings, name: None,
        fetch=_no_weights,
        network=lambda settings, name: settings,
        files=("cutoff.json",),
    ),
    take_home=TakeHome(usage=_usage, loader=lambda settings: None, package=_package),
)
