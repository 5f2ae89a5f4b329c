"""A segmenter as its trial names it."""

from trainables.segmenters.families import family_of
from trainables.segmenters.protocol import Segmenter
from trainables.spec.trial_spec import TrialSpec


def make_segmenter(spec: TrialSpec, *, channels: int) -> Segmenter:
    """The segmenter that a trial names, with its initial random weights.

    Imports the framework of the family: torch and TensorFlow never meet in one process.

    Args:
        spec: of the trial.
        channels: of its images.

    Raises:
        ValueError: the family cannot be built as the spec says.
    """
    return family_of(spec.segmenter).make(spec, channels)
