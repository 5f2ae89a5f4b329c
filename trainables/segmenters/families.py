"""The model families that turn images into labels."""

from collections.abc import Callable

from trainables.segmenters.protocol import Segmenter
from trainables.spec.trial_spec import TrialSpec


def make_segmenter(spec: TrialSpec, *, channels: int) -> Segmenter:
    """The segmenter that a trial names, with its initial random weights.

    Args:
        spec: of the trial.
        channels: channels of its images.

    Raises:
        ValueError: the family cannot be built as the spec says.
    """
    return SEGMENTERS[spec.segmenter.kind](spec, channels)


def _make_unet(spec: TrialSpec, channels: int) -> Segmenter:
    from trainables.segmenters.unet.segmenter import Unet

    return Unet(spec, channels=channels)


def _make_cellpose(spec: TrialSpec, channels: int) -> Segmenter:
    from trainables.segmenters.cellpose.segmenter import Cellpose

    return Cellpose(spec, channels=channels)


def _make_stardist(spec: TrialSpec, channels: int) -> Segmenter:
    from trainables.segmenters.stardist.segmenter import Stardist

    return Stardist(spec, channels=channels)


SEGMENTERS: dict[str, Callable[[TrialSpec, int], Segmenter]] = {
    "unet": _make_unet,
    "cellpose": _make_cellpose,
    "stardist": _make_stardist,
}
"""Every family there is. Each imports its library only when it is made: torch and TensorFlow
never meet in one process, and the command line needs neither."""
