"""What every segmenter can do, and its inputs."""

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
    """A segmenter that can label images as a teacher, with a probability for each pixel."""

    def foreground(self, inference: Any) -> np.ndarray:
        """float [H, W], from the output of `infer`: the probability of belonging to a cell."""


@runtime_checkable
class HasEncoder(Protocol):
    """A torch segmenter whose encoder can be trained elsewhere, or inspected."""

    @property
    def encoder(self) -> Any:
        """A `torch.nn.Module` of segmentation-models-pytorch, the segmenter's own."""


@runtime_checkable
class EncoderSettings(Protocol):
    """The settings that name the encoder."""

    @property
    def encoder(self) -> str:
        """Name of a segmentation-models-pytorch encoder."""

    @property
    def depth(self) -> int:
        """Number of times it halves the resolution."""


class Segmenter(Protocol):
    """A model family that turns images into labels.

    Made by `make_segmenter`, from a `TrialSpec` and the number of image channels. Images passed to
    it are `Sample.image`s at the working scale.
    """

    thresholds: Thresholds
    """Current thresholds: the family's defaults until `trial.py` has tuned them."""

    def initialise(self, model: Path) -> None:
        """Starts from a model's weights.

        Args:
            model: folder that `save` of the same family wrote, or a published model: the file or
                folder that the family's `Weights` find.

        Raises:
            ValueError: it is not such a model, or belongs to another network.
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
        """`infer` for tiles of one large image, with brightness normalised over the whole image."""

    def decode(self, inference: Any, thresholds: Thresholds) -> np.ndarray:
        """Turns the output of `infer` into int32 [H, W] labels, 0 background; the fast part."""

    def threshold_values(self) -> dict[str, tuple[float, ...]]:
        """The values that each threshold may take, the field's default first."""

    def save(self, folder: Path) -> None:
        """Writes everything that `load` needs into an existing folder."""

    def load(self, folder: Path) -> None:
        """Reads what `save` wrote, thresholds included."""

    def export(self, folder: Path) -> Path:
        """Writes the model in the family's own format, for its own tools; returns the path."""
