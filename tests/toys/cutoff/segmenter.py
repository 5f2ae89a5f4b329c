"""A learnt threshold: channels are weighed and summed, and what comes out above half is cell."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy import ndimage

from trainables.data.rescaled import Image
from trainables.data.sample import Sample
from trainables.segmenters.cutoff.settings import CutoffSpec
from trainables.segmenters.protocol import Thresholds
from trainables.segmenters.validation import mean_f1
from trainables.spec.randomness import Randomness
from trainables.spec.training_spec import TrainingSpec
from trainables.spec.trial_spec import TrialSpec
from trainables.training.batches import draw_batch
from trainables.training.clock import progress_before, refuse_divergence
from trainables.training.contract import Checkpoints, Extra, Report
from trainables.training.loop import run
from trainables.training.schedule import learning_rate
from trainables.training.validation_course import ValidationCourse

FILE = "cutoff.json"
Batch = tuple[np.ndarray, np.ndarray]


class Cutoff:
    """The segmenter `cutoff`; see `Segmenter` in protocol.py for what each method promises."""

    def __init__(self, spec: TrialSpec, *, channels: int) -> None:
        assert isinstance(spec.segmenter, CutoffSpec)
        self.thresholds: Thresholds = {
            name: values[0] for name, values in self.threshold_values().items()
        }
        self._spec = spec
        self._blur_px = spec.segmenter.blur_px
        rng = Randomness.of(spec).generator("initial weights")
        self._weights = rng.normal(scale=0.1, size=channels + 1).astype(np.float32)

    def initialise(self, model: Path) -> None:
        self._weights = self._read(model)["weights"]

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
        training = self._spec.training

        def draw(step: int) -> Batch:
            return draw_batch(
                samples,
                extra=extra,
                training=training,
                rng=randomness.generator("batch", step),
                progress=progress_before(training, step),
            )

        engine = LinearEngine(self._weights, training=training, draw=draw)
        course = ValidationCourse(training, evaluate=lambda: mean_f1(self, validation))
        run(engine, course, report=report, checkpoints=checkpoints)

    def infer(self, image: np.ndarray) -> np.ndarray:
        """How much of a cell each pixel is, float32 [H, W]."""
        summed = image @ self._weights[:-1] + self._weights[-1]
        return ndimage.gaussian_filter(summed.astype(np.float32), self._blur_px)

    def infer_tiles(self, whole: Image) -> Callable[[np.ndarray], np.ndarray]:
        return self.infer

    def decode(self, inference: np.ndarray, thresholds: Thresholds) -> np.ndarray:
        labels, _ = ndimage.label(inference > thresholds["level"])
        return labels.astype(np.int32)

    def threshold_values(self) -> dict[str, tuple[float, ...]]:
        return {"level": (0.5, 0.3, 0.7)}

    def save(self, folder: Path) -> None:
        about = {"weights": self._weights.tolist(), "thresholds": self.thresholds}
        (folder / FILE).write_text(json.dumps(about))

    def load(self, folder: Path) -> None:
        kept = self._read(folder)
        self._weights, self.thresholds = kept["weights"], kept["thresholds"]

    def export(self, folder: Path) -> Path:
        self.save(folder)
        return folder / FILE

    def _read(self, folder: Path) -> dict:
        kept = json.loads((folder / FILE).read_text())
        return kept | {"weights": np.array(kept["weights"], np.float32)}


class LinearEngine:
    """Least squares by gradient descent; see `Engine` for what each method promises."""

    def __init__(
        self, weights: np.ndarray, *, training: TrainingSpec, draw: Callable[[int], Batch]
    ) -> None:
        self._weights = weights  # the segmenter's own, changed in place
        self._training = training
        self._draw = draw
        self._kept = weights.copy()

    def advance(self, step: int, *, end: int) -> tuple[int, float]:
        images, labels = self._draw(step + 1)
        known = labels >= 0
        pixels, wanted = images[known], (labels[known] > 0).astype(np.float32)
        with np.errstate(all="ignore"):
            error = pixels @ self._weights[:-1] + self._weights[-1] - wanted
            loss = float(np.mean(error**2))
        refuse_divergence(loss, step=step + 1)
        slope = np.append(pixels.T @ error, error.sum()) / len(wanted)
        # Rates are for networks; a line takes larger steps.
        rate = 100 * learning_rate(self._training, depth=1.0, progress=step / self._training.steps)
        self._weights -= (rate * slope).astype(np.float32)
        return step + 1, loss

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        yield

    def keep(self) -> None:
        self._kept = self._weights.copy()

    def restore_kept(self) -> None:
        self._weights[:] = self._kept

    def write(self, folder: Path) -> None:
        np.savez(folder / "cutoff.npz", weights=self._weights, kept=self._kept)

    def read(self, folder: Path) -> None:
        with np.load(folder / "cutoff.npz") as state:
            self._weights[:], self._kept = state["weights"], state["kept"].copy()
