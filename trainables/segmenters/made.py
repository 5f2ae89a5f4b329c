"""Makes the segmenter that a trial names."""

from trainables.segmenters.families import family_of
from trainables.segmenters.protocol import Segmenter
from trainables.spec.trial_spec import TrialSpec


def make_segmenter(spec: TrialSpec, *, channels: int) -> Segmenter:
    """The segmenter that a trial names, with its initial random weights.

    Imports the framework of the family: torch and TensorFlow never share a process.

    Args:
        spec: of the trial.
        channels: of its images.

    Raises:
        ValueError: the family cannot be built as the spec says.
    """
    family, rank = family_of(spec.segmenter), spec.training.lora_rank
    if rank and not family.search(spec.segmenter, spec.weights.kind).low_rank:
        raise ValueError(
            f"lora_rank must be 0 for {spec.segmenter}, a network that LoRA is not made for, but "
            f"got {rank}."
        )
    return family.make(spec, channels)
