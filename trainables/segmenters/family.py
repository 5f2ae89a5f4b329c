"""A segmenter, as everybody knows it who does not train it."""

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
"""What only some families can do: start from an encoder that a GAN has taught, label images as a
teacher, be used with published weights and no training."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Family(Generic[S]):
    """A model family that turns images into labels."""

    name: str
    """In arms, options and files: `cellpose`."""
    title: str
    """In reports: `Cellpose`."""
    in_words: str
    """In a methods section."""
    settings: type[S]
    """Frozen dataclass with the family's name as `kind`, and a default for every field."""
    make: "Callable[[TrialSpec, int], Segmenter]"
    """Builds the segmenter of a trial for images of so many channels; imports its framework."""
    framework: Literal["none", "torch", "tensorflow"]
    """Of the process that trains it: torch and TensorFlow never meet in one."""
    packages: tuple[str, ...] = ()
    """Packages of its own whose versions can change a number."""
    usual_start: Literal["scratch", "pretrained"]
    """Where the arm that bears its name starts."""
    can: frozenset[Capability] = frozenset()
    cite: Callable[[S], tuple[Paper, ...]]
    """What a report and a package cite, the family's own paper first."""
    seconds_per_crop: Callable[[S], float]
    """Device-seconds for each crop of 128 x 128 pixels shown, on one core; see `study/estimate.py`
    for the machine."""
    network: Callable[[S, str], S]
    """What `--network NAME=TEXT` makes of the settings. Raises a `ValueError` for another text."""
    has_encoder: Callable[[S], bool] = lambda settings: False
    """Whether the network has an encoder by name, the settings' `encoder`."""
    training: Callable[[S, TrainingSpec], TrainingSpec] = lambda settings, training: training
    """How a network that the user chose is trained in a study, where its own needs differ."""
    search: Callable[[S, WeightsKind], Space]
    """What its search starts from and varies."""
    weights: Weights[S]
    take_home: TakeHome[S]
