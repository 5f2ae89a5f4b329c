"""StarDist: cells as star-convex polygons, by the stardist package on TensorFlow."""

# isort: off
# Imported first: it sets what TensorFlow reads only once.
from trainables.segmenters.stardist import runtime as stardist_runtime
# isort: on

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from stardist.models import StarDist2D

from trainables.data.rescaled import Image
from trainables.data.sample import Sample
from trainables.results.model_files import is_model_folder
from trainables.segmenters.protocol import Thresholds
from trainables.segmenters.stardist import network as stardist_network
from trainables.segmenters.stardist.adapt import adapted, differences
from trainables.segmenters.stardist.engine import Batch, train
from trainables.segmenters.stardist.normalisation import trained_freezably
from trainables.segmenters.stardist.public import public
from trainables.segmenters.stardist.saved_model import write_saved_model
from trainables.segmenters.stardist.settings import StardistSpec
from trainables.segmenters.stardist.targets import star_targets
from trainables.segmenters.validation import mean_f1
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import TrialSpec
from trainables.training.batches import draw_batch
from trainables.training.contract import Checkpoints, Extra, Report

TILE_PX = 1024
"""Images up to this side are predicted whole, larger ones in overlapping tiles."""
SMALLEST_RADIUS_PX = 1.0
"""Candidates with a smaller mean radius are not cells; an untrained network makes millions."""
DEFAULT_THRESHOLDS = {"prob": 0.5, "nms": 0.4}
"""StarDist's own thresholds, for models without any."""
FITTED = ("rays", "channels")
"""Properties that are adapted to the spec and the images, not taken from the model."""


class Candidates(NamedTuple):
    """Polygons that may be cells, before the thresholds and non-maximum suppression."""

    shape: tuple[int, int]
    """Height and width of the image."""
    probability: np.ndarray
    """float32 [n], in [0, 1]."""
    distances: np.ndarray
    """float32 [n, rays], from the centre to the boundary, in pixels."""
    centres: np.ndarray
    """int [n, 2], row and column, in pixels."""


class Stardist:
    """The segmenter `stardist`; see `Segmenter` in protocol.py for what each method promises.

    Weights passed to it bring their own architecture (grid, depth, filters), which overrides the
    `StardistSpec`; rays and channels are adapted to the spec and the images.
    """

    def __init__(self, spec: TrialSpec, *, channels: int) -> None:
        if not isinstance(spec.segmenter, StardistSpec):
            raise ValueError(
                f"Stardist needs a StardistSpec, but got {type(spec.segmenter).__name__}."
            )
        stardist_runtime.require_promised_gpu()
        stardist_runtime.make_reproducible()
        self.thresholds: Thresholds = dict(DEFAULT_THRESHOLDS)
        self._default_thresholds: Thresholds = dict(DEFAULT_THRESHOLDS)
        self._spec = spec
        self._stardist_spec = spec.segmenter
        self._channels = channels
        self._radius_px = spec.data.min_diameter_px / 2
        self._loaded: StarDist2D | None = None

    def initialise(self, model: Path) -> None:
        published = stardist_network.read(model)
        if not is_model_folder(model):
            self._take_thresholds(published)
        self._adopt(published, origin=str(model))

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
        model, training = self._model(), self._spec.training

        def draw(rng: np.random.Generator, progress: float) -> Batch:
            images, labels = draw_batch(
                samples, extra=extra, training=training, rng=rng, progress=progress
            )
            return (images,), star_targets(
                labels, rays=model.config.n_rays, grid=model.config.grid[0]
            )

        with trained_freezably(model):
            train(
                model,
                training=training,
                radius_px=self._radius_px,
                draw_batch=draw,
                evaluate=lambda: mean_f1(self, validation),
                randomness=randomness,
                report=report,
                checkpoints=checkpoints,
            )

    def infer(self, image: np.ndarray) -> Candidates:
        """Polygons above the smallest probability that any threshold may take.

        Memory grows with the cells, not with the image: large images are predicted in tiles.
        """
        tiles = [-(-side // TILE_PX) for side in image.shape[:2]]
        probability, distances, centres = self._model().predict_sparse(
            image,
            prob_thresh=min(self.threshold_values()["prob"]),
            axes="YXC",
            n_tiles=(*tiles, 1),
            show_tile_progress=False,
        )
        kept = distances.mean(axis=1) >= SMALLEST_RADIUS_PX
        return Candidates(
            shape=(image.shape[0], image.shape[1]),
            probability=probability[kept],
            distances=distances[kept],
            centres=centres[kept],
        )

    def infer_tiles(self, whole: Image) -> Callable[[np.ndarray], Candidates]:
        return self.infer

    def decode(self, inference: Candidates, thresholds: Thresholds) -> np.ndarray:
        kept = inference.probability > thresholds["prob"]
        labels, _ = self._model()._instances_from_prediction(
            inference.shape,
            inference.probability[kept],
            inference.distances[kept],
            points=inference.centres[kept],
            nms_thresh=thresholds["nms"],
        )
        return labels.astype(np.int32)

    def threshold_values(self) -> dict[str, tuple[float, ...]]:
        """The values that each threshold may take; those that came with the model first."""
        self._model()
        tried = {"prob": (0.5, 0.4, 0.6, 0.3, 0.7, 0.2), "nms": (0.4, 0.3, 0.5)}
        return {
            name: (first, *(value for value in tried[name] if value != first))
            for name, first in self._default_thresholds.items()
        }

    def save(self, folder: Path) -> None:
        stardist_network.write(self._model(), folder, thresholds=self.thresholds)

    def load(self, folder: Path) -> None:
        model = stardist_network.read(folder)
        self._take_thresholds(model)
        self._adopt(model, origin=str(folder))

    def export(self, folder: Path) -> Path:
        """Writes a folder that `StarDist2D(None, name=folder.name, basedir=folder.parent)` opens.

        `TF_SavedModel.zip` in it is for Fiji's StarDist plugin. Images go in with each channel
        scaled so that its 1st and 99.8th percentiles are 0 and 1.
        """
        self.save(folder)
        write_saved_model(self._model(), folder)
        return folder

    def _model(self) -> StarDist2D:
        """The model: the one passed in, else the public one of the spec, or a fresh one.

        Raises:
            ValueError: the public model is unavailable; says which file is missing.
        """
        if self._loaded is None and self._spec.weights.origin == "public":
            name = self._spec.weights.name
            model = public(name)
            self._take_thresholds(model)
            self._adopt(model, origin=name)
        if self._loaded is None:
            spec = self._spec
            seeds = Randomness.of(spec)
            self._loaded = stardist_network.build(
                self._stardist_spec,
                channels=self._channels,
                training=spec.training,
                radius_px=self._radius_px,
                seed=seeds.integer("initial weights"),
            )
        return self._loaded

    def _take_thresholds(self, model: StarDist2D) -> None:
        """Puts the thresholds that came with a model first among those to try."""
        self.thresholds = model.thresholds._asdict()
        self._default_thresholds = dict(self.thresholds)

    def _adopt(self, model: StarDist2D, *, origin: str) -> None:
        """Takes over a model's weights, adapted to the images' channels and the requested rays."""
        differing = differences(model, self._stardist_spec, channels=self._channels)
        if kept := {name: how for name, how in differing.items() if name not in FITTED}:
            logging.getLogger(__name__).warning(
                "The weights of %s bring their own architecture, which wins over the spec: %s.",
                origin,
                ", ".join(f"{name} {how}" for name, how in kept.items()),
            )
        self._loaded = adapted(
            model, self._stardist_spec, channels=self._channels, training=self._spec.training
        )
