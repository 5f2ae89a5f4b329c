"""A segmenter family, as seen by everything that does not train it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from trainables.segmenters.published import Weights
from trainables.segmenters.take_home import TakeHome
from trainables.spec.papers import Paper
from trainables.spec.space import Space
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import SegmenterSettings, TrialSpec, WeightsKind

if TYPE_CHECKING:
    from trainables.segmenters.protocol import Segmenter

S = TypeVar("S", bound=SegmenterSettings)

Capability = Literal["gan_encoder", "pseudo_labels", "zero_shot"]
"""What only some families can do: start from an encoder pretrained in a GAN, label images as a
teacher, be used with published weights and no training."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Family(Generic[S]):
    """A model family that turns images into labels."""

    name: str
    """Name in arms, options and files: `cellpose`."""
    title: str
    """Name in reports: `Cellpose`."""
    in_words: str
    """Description for a methods section."""
    settings: type[S]
    """Frozen dataclass with the family's name as `kind`, and a default for every field."""
    make: "Callable[[TrialSpec, int], Segmenter]"
    """Builds a trial's segmenter for a given number of channels; imports its framework."""
    framework: Literal["none", "torch", "tensorflow"]
    """Framework of the process that trains it: torch and TensorFlow never share one."""
    packages: tuple[str, ...] = ()
    """Packages of its own whose versions can change a number."""
    usual_start: Literal["scratch", "pretrained"]
    """Start of training in the arm that bears its name."""
    can: frozenset[Capability] = frozenset()
    cite: Callable[[S], tuple[Paper, ...]]
    """References that a report and a package cite, the family's own paper first."""
    seconds_per_crop: Callable[[S], float]
    """Device-seconds for each crop of 128 x 128 pixels shown, on one core; see `study/estimate.py`
    for the machine."""
    network: Callable[[S, str], S]
    """Settings for `--network NAME=TEXT`. Raises a `ValueError` for an unknown text."""
    has_encoder: Callable[[S], bool] = lambda settings: False
    """Whether the network has an encoder by name, the settings' `encoder`."""
    training: Callable[[S, TrainingSpec], TrainingSpec] = lambda settings, training: training
    """Training of a network that the user chose, where its needs differ from the study's."""
    search: Callable[[S, WeightsKind], Space]
    """Starting point and dimensions of its search."""
    weights: Weights[S]
    take_home: TakeHome[S]
