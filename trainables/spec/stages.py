"""The stages of a study in their order, and the rules that each of them keeps."""

from dataclasses import dataclass
from typing import Literal

Stage = Literal["fit_sources", "fit_gans", "search", "confirm", "ablate"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StageRules:
    """What the trainings of one stage may see, what is kept of them and who pays for them."""

    title: str
    """The stage, in a table of what is planned."""
    training: str
    """One of its trainings, in a sentence."""
    sees_test: bool = False
    """Whether the test images are scored; no other stage is given them."""
    keeps_models: bool = False
    """Whether its models are kept in the store."""
    is_charged: bool = False
    """Whether the search budget of an arm pays for it. The weights of a source are like public
    ones, which somebody else has paid for."""
    on_source: bool = False
    """Whether its images are those of the source, and not those of the data set under study."""


STAGES: dict[Stage, StageRules] = {
    "fit_sources": StageRules(
        title="source", training="source training", keeps_models=True, on_source=True
    ),
    "fit_gans": StageRules(title="GANs", training="GAN fit", is_charged=True),
    "search": StageRules(title="search", training="search trial", is_charged=True),
    "confirm": StageRules(
        title="confirm", training="confirm training", sees_test=True, keeps_models=True
    ),
    "ablate": StageRules(title="ablate", training="ablation training", sees_test=True),
}
"""By name, as in a spec, in the order in which a study goes through them."""

PLACES: dict[Stage, int] = {stage: place for place, stage in enumerate(STAGES)}
"""The place of each stage in that order."""
