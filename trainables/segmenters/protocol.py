"""What every segmenter can do, and what it is given."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from trainables.data.rescaled import Image
from trainables.data.sample import Sample
from trainables.spec.randomness import Randomness
from trainables.training.contract import Checkpoints, Extra, Report

Thresholds = dict[str, float]
"""Decoding parameters by name, e.g. {"interior": 0.5, "boundary": 0.3}."""


class Segmenter(Protocol):
    """A model family that turns images into labels.

    Made as `SEGMENTERS[spec.segmenter.kind](spec, channels)`, from a `TrialSpec` and the number
    of image channels. Images it is handed are `Sample.image`s at the working scale.
    """

    thresholds: Thresholds
    """Those in force: the family's defaults until `trial.py` has tuned them."""

    def initialise(self, model: Path) -> None:
        """Starts from a model's weights.

        Args:
            model: folder that `save` of the same family wrote, or a published model: the file of
                a U-Net's encoder or of Cellpose's ViT, the folder of a StarDist model.

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
