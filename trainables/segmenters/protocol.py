"""What every segmenter can do, and what it is given."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from trainables.data.rescaled import Image
from trainables.data.sample import Sample
from trainables.spec.randomness import Randomness
from trainables.training.contract import Checkpoints, Extra, Report

Thresholds = dict[str, float]
"""Decoding parameters by name, e.g. {"interior": 0.5, "boundary": 0.3}."""


@runtime_checkable
class KnowsForeground(Protocol):
    """What a segmenter that labels images as a teacher can say of each pixel."""

    def foreground(self, inference: Any) -> np.ndarray:
        """Of what `infer` gave, float [H, W]: the probability of belonging to a cell."""


@runtime_checkable
class HasEncoder(Protocol):
    """A segmenter on torch whose encoder can be taught elsewhere, or looked into."""

    @property
    def encoder(self) -> Any:
        """A `torch.nn.Module` of segmentation-models-pytorch, the segmenter's own."""


@runtime_checkable
class EncoderSettings(Protocol):
    """The settings that say which encoder that is."""

    @property
    def encoder(self) -> str:
        """Name of a segmentation-models-pytorch encoder."""

    @property
    def depth(self) -> int:
        """Times it halves the resolution."""


class Segmenter(Protocol):
    """A model family that turns images into labels.

    Made by `make_segmenter`, from a `TrialSpec` and the number of image channels. Images that it
    is handed are `Sample.image`s at the working scale.
    """

    thresholds: Thresholds
    """Those in force: the family's defaults until `trial.py` has tuned them."""

    def initialise(self, model: Path) -> None:
        """Starts from a model's weights.

        Args:
            model: folder that `save` of the same family wrote, or a published model: the file or
                folder that the family's `Weights` find.

        Raises:
            ValueError: it is no such model, or one of another network.
        """

    def fit(
        self,
        samples: Sequence[Sample],
        *,
        extra: Extra,
        validation: Sequence[Sample],
        randomness: Randomness,
        report: Report,
        checkpoints: Checkpoints,
    ) -> None:
        """Trains, reports at each evaluation, ends with the weights worth keeping (clock.py)."""

    def infer(self, image: np.ndarray) -> Any:
        """Runs the network on float32 [H, W, C] of any size; the slow part, free of thresholds."""

    def infer_tiles(self, whole: Image) -> Callable[[np.ndarray], Any]:
        """`infer` for the tiles of one large image, whose brightness is judged by all of it."""

    def decode(self, inference: Any, thresholds: Thresholds) -> np.ndarray:
        """Turns what `infer` gave into int32 [H, W] labels, 0 background; the fast part."""

    def threshold_values(self) -> dict[str, tuple[float, ...]]:
        """The values that each threshold may take, the field's default first."""

    def save(self, folder: Path) -> None:
        """Writes all that `load` needs into an existing folder."""

    def load(self, folder: Path) -> None:
        """Reads what `save` wrote, thresholds included."""

    def export(self, folder: Path) -> Path:
        """Writes the model in the family's own format, for its own tools; returns the path."""
