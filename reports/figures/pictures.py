"""The report's images: photographs as PNG, outlines as vector paths on top of them."""

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.image import imsave
from skimage.measure import approximate_polygon, find_contours, regionprops

from reports.figures.mistakes import mistakes
from reports.load import Study, load_arrays, trials
from reports.verdict.verdict import Decision
from trainables.results.result import TrialResult

Examples = dict[str, tuple[TrialResult, dict[str, np.ndarray]]]

SHOWN_IMAGES = 3
LARGEST_SIDE_PX = 512
USUAL_DIAMETER_PX = 24.0
"""Assumed diameter of cells where it is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TestImage:
    """One test image as shown: only its middle where it is large."""

    sample_id: str
    height: int
    width: int
    whole: bool
    """False where only the middle of the image is shown."""
    png: str
    """Data URL."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """One arm's prediction for a test image."""

    arm: str
    sample_id: str
    place: str
    """`best`, `median` or `worst` of the images kept, by this arm's F1; empty for any other."""
    f1: float
    """F1 over the whole image, at IoU 0.5."""
    paths: Mapping[str, str]
    """SVG paths of the outlines by kind: found, missed, invented, split, merged."""
    counts: Mapping[str, int]
    """Cells of each kind in the part shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TestPictures:
    """Every kept test image that is shown, and what the arms made of it."""

    images: Mapping[str, TestImage]
    """The images by name."""
    side_by_side: Sequence[tuple[str, str, Sequence[Prediction]]]
    """Place, name and all arms, on the best, median and worst image of the recommended arm."""
    by_arm: Mapping[str, Sequence[Prediction]]
    """Each arm on its own best, median and worst image."""


def test_pictures(study: Study, decision: Decision) -> TestPictures | None:
    """What every arm made of the kept test images; None where no examples were kept."""
    examples = _examples(study, decision)
    if not examples or decision.winner is None:
        return None
    diameter_px = study.dataset.median_diameter_px
    side = window_side(USUAL_DIAMETER_PX if math.isnan(diameter_px) else diameter_px)
    leading = decision.winner.arm if decision.winner.arm in examples else next(iter(examples))
    shown = {arm: _places(_order(*kept)) for arm, kept in examples.items()}
    predictions = {
        (arm, name): _prediction(arm, *kept, name, shown[arm].get(name, ""), side)
        for arm, kept in examples.items()
        for name in _order(*kept)
        if name in shown[arm] or name in shown[leading]
    }
    side_by_side = [
        (place, name, [predictions[arm, name] for arm in examples if (arm, name) in predictions])
        for name, place in shown[leading].items()
    ]
    by_arm = {arm: [predictions[arm, name] for name in shown[arm]] for arm in examples}
    names = {name for places in shown.values() for name in places}
    return TestPictures(
        images={name: _image(name, examples, side) for name in sorted(names)},
        side_by_side=side_by_side,
        by_arm=by_arm,
    )


def window_side(median_diameter_px: float) -> int:
    """Pixels of an image to show, so that cells are large enough to judge."""
    return int(np.clip(12 * median_diameter_px, 192, 1024))


def outlines(labels: np.ndarray) -> str:
    """The outlines of all cells as one SVG path in pixel units.

    Args:
        labels: int32 [H, W]; positive values are cells, 0 and -1 are not drawn.
    """
    parts = []
    for region in regionprops(np.maximum(labels, 0)):
        top, left = region.bbox[:2]
        for contour in find_contours(np.pad(region.image, 1).astype(float), 0.5):
            # Pixel centres lie at half-integers in SVG; the padding moved everything by one.
            points = approximate_polygon(contour, 0.3) + np.array([top - 0.5, left - 0.5])
            parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for y, x in points[:-1]) + "Z")
    return "".join(parts)


def data_url(image: np.ndarray) -> str:
    """An image uint8 [H, W] or [H, W, 3] as a PNG in a data URL."""
    buffer = io.BytesIO()
    shown = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    imsave(buffer, _shrunk(shown), format="png", pil_kwargs={"optimize": True})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _examples(study: Study, decision: Decision) -> Examples:
    """For each arm, the training whose predictions were kept, and the kept arrays."""
    found: Examples = {}
    places = {arm.name: place for place, arm in enumerate(study.arms)}
    done = trials(study, stage="confirm", count=decision.annotation_count, status="completed")
    for result in sorted(done, key=lambda result: places[result.trial.arm]):
        arrays = load_arrays(study.folder / "examples" / f"{result.trial_id}.npz")
        if arrays is not None and "ids" in arrays and len(arrays["ids"]):
            found.setdefault(result.trial.arm, (result, arrays))
    return found


def _places(order: Sequence[str]) -> dict[str, str]:
    """At most three names: the first, middle and last of the order."""
    if len(order) < SHOWN_IMAGES:
        return dict(zip(order, ("best", "worst"), strict=False))
    return {order[0]: "best", order[len(order) // 2]: "median", order[-1]: "worst"}


def _order(result: TrialResult, arrays: dict[str, np.ndarray]) -> list[str]:
    """The kept images that were scored, best first."""
    f1_of = _f1_of(result)
    names = [str(name) for name in arrays["ids"] if str(name) in f1_of]
    return sorted(names, key=lambda name: (-f1_of[name], name))


def _f1_of(result: TrialResult) -> dict[str, float]:
    return dict(zip(result.test.sample_ids, result.test.f1.tolist(), strict=True))


def _image(name: str, examples: Examples, side: int) -> TestImage:
    arrays = next(arrays for _, arrays in examples.values() if name in arrays["ids"])
    image = arrays[f"{_index(arrays, name)}_image"]
    shown = image[_middle(image.shape[0], image.shape[1], side)]
    return TestImage(
        sample_id=name,
        height=shown.shape[0],
        width=shown.shape[1],
        whole=shown.shape[:2] == image.shape[:2],
        png=data_url(shown),
    )


def _prediction(
    arm: str,
    result: TrialResult,
    arrays: dict[str, np.ndarray],
    name: str,
    place: str,
    side: int,
) -> Prediction:
    index = _index(arrays, name)
    height, width = arrays[f"{index}_true"].shape
    window = _middle(height, width, side)
    true, predicted = arrays[f"{index}_true"][window], arrays[f"{index}_predicted"][window]
    sorted_cells = mistakes(true, predicted)
    kinds = {
        "found": (predicted, sorted_cells.found),
        "missed": (true, sorted_cells.missed),
        "invented": (predicted, sorted_cells.invented),
        "split": (true, sorted_cells.split),
        "merged": (predicted, sorted_cells.merged),
    }
    return Prediction(
        arm=arm,
        sample_id=name,
        place=place,
        f1=_f1_of(result)[name],
        paths={
            kind: outlines(np.where(np.isin(labels, cells), labels, 0))
            for kind, (labels, cells) in kinds.items()
        },
        counts={kind: len(cells) for kind, (_, cells) in kinds.items()},
    )


def _index(arrays: dict[str, np.ndarray], name: str) -> int:
    return [str(one) for one in arrays["ids"]].index(name)


def _middle(height: int, width: int, side: int) -> tuple[slice, slice]:
    top, left = max(height - side, 0) // 2, max(width - side, 0) // 2
    return slice(top, top + min(side, height)), slice(left, left + min(side, width))


def _shrunk(image: np.ndarray) -> np.ndarray:
    """Every n-th pixel averaged, so that no side is longer than `LARGEST_SIDE_PX`."""
    step = -(-max(image.shape[:2]) // LARGEST_SIDE_PX)
    if step == 1:
        return image
    height, width = (side // step * step for side in image.shape[:2])
    blocks = image[:height, :width].reshape(height // step, step, width // step, step, 3)
    return blocks.mean(axis=(1, 3)).round().astype(np.uint8)
