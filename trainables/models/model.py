"""A trained model with all it needs to label new images: what a user takes home."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from trainables.data.rescaled import Image, Rescaled
from trainables.data.scale import labels_to_shape, rescale_image
from trainables.data.stitching import predict_tiled
from trainables.data.windows import is_large
from trainables.results.model_files import ABOUT_FILE
from trainables.segmenters.made import make_segmenter
from trainables.segmenters.protocol import Segmenter
from trainables.spec.flat import flatten
from trainables.spec.trial_spec import TrialSpec
from trainables.wire.reading import spec_of_model

TILE_PX = 2048
"""Images with a longer side, at the working scale, are labelled tile by tile."""
OVERLAP_DIAMETERS = 6
"""Overlap of the tiles, in the largest diameter that the working scale allows."""


Infer = Callable[[np.ndarray], Any]
"""Function that runs the network on one image or tile: see `Segmenter.infer`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A segmenter with its thresholds, and the scale at which it sees images."""

    spec: TrialSpec
    segmenter: Segmenter
    channels: int
    scale: float
    """Working pixels per pixel of the image."""

    def predict(self, image: Image) -> np.ndarray:
        """Labels one image; a large one is read and labelled tile by tile.

        Args:
            image: float32 [H, W, C] as `Sample.image`, with the model's number of channels.

        Returns:
            int32 [H, W], 0 is background, every other value one cell.

        Raises:
            ValueError: the image has another number of channels.
        """
        if image.shape[2] != self.channels:
            raise ValueError(
                f"The model was trained on images of {self.channels} channels, but got one of "
                f"{image.shape[2]}."
            )
        working = Rescaled(image, self.scale)
        if max(working.shape[:2]) > TILE_PX:
            labels = self._predict_tiled(image, working)
        elif is_large(image.shape[0] * image.shape[1]):
            labels = self._predict_working(working[:, :], infer=self.segmenter.infer)
        else:
            shown = rescale_image(np.asarray(image[:]), self.scale)
            labels = self._predict_working(shown, infer=self.segmenter.infer)
        return labels_to_shape(labels, (image.shape[0], image.shape[1]))

    def save(self, folder: Path) -> None:
        """Writes everything that `load_model` needs into an existing folder."""
        self.segmenter.save(folder)
        about = {"spec": flatten(self.spec), "channels": self.channels, "scale": self.scale}
        (folder / ABOUT_FILE).write_text(json.dumps(about, indent=1))

    def _predict_tiled(self, image: Image, working: Rescaled) -> np.ndarray:
        """Labels at the image's or the working scale, whichever takes less memory."""
        seen = image if self.scale >= 1 else working
        predict = self._predict_enlarged if self.scale > 1 else self._predict_working
        enlargement = max(self.scale, 1.0)
        overlap_px = OVERLAP_DIAMETERS * self.spec.data.max_diameter_px
        return predict_tiled(
            seen,
            predict=partial(predict, infer=self.segmenter.infer_tiles(seen)),
            tile_px=int(TILE_PX / enlargement),
            overlap_px=int(overlap_px / enlargement),
        )

    def _predict_enlarged(self, image: np.ndarray, *, infer: Infer) -> np.ndarray:
        """Labels of a tile at the scale of the image."""
        labels = self._predict_working(rescale_image(image, self.scale), infer=infer)
        return labels_to_shape(labels, (image.shape[0], image.shape[1]))

    def _predict_working(self, image: np.ndarray, *, infer: Infer) -> np.ndarray:
        return self.segmenter.decode(infer(image), self.segmenter.thresholds)


def load_model(folder: Path) -> Model:
    """Reads what `Model.save` wrote.

    Raises:
        ValueError: the folder holds no model.
    """
    spec = spec_of_model(folder)
    about = json.loads((folder / ABOUT_FILE).read_text())
    segmenter = make_segmenter(spec, channels=about["channels"])
    segmenter.load(folder)
    return Model(spec=spec, segmenter=segmenter, channels=about["channels"], scale=about["scale"])
