"""The report's images: photographs as PNG, outlines as vector paths on top of them."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.image import imsave
from skimage.measure import approximate_polygon, find_contours, regionprops

from reports.cost import gan_fit_id
from reports.load import Study, load_arrays, trials
from reports.verdict import Decision
from trainables.result import TrialResult

SHOWN_IMAGES = 3
SHOWN_CROPS = 6
LARGEST_SIDE_PX = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """What one arm made of a test image."""

    arm: str
    f1: float
    """Over the whole image, at IoU 0.5."""
    path: str
    """SVG path of the predicted outlines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TestPicture:
    """One test image with the true and every arm's outlines."""

    sample_id: str
    place: str
    """`best`, `median` or `worst` of the images kept, by the recommended arm's F1."""
    height: int
    width: int
    whole: bool
    """False where only the middle of the image is shown."""
    png: str
    """Data URL."""
    true_path: str
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Crop:
    """A real or synthetic crop with the outlines of its cells."""

    png: str
    side: int
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GanPicture:
    """Real crops beside synthetic ones of one GAN."""

    fit: TrialResult
    real: tuple[Crop, ...]
    synthetic: tuple[Crop, ...]


def test_pictures(study: Study, decision: Decision) -> list[TestPicture]:
    """Best, median and worst of the kept test images; empty where no examples were kept."""
    examples = _examples(study, decision)
    if not examples or decision.winner is None:
        return []
    leading = examples.get(decision.winner.arm) or next(iter(examples.values()))
    f1_of = {score.sample_id: score.f1 for score in leading[0].test}
    names = [str(name) for name in leading[1]["ids"] if str(name) in f1_of]
    order = sorted(names, key=lambda name: (-f1_of[name], name))
    side = window_side(float(study.dataset.get("median_diameter_px") or 24.0))
    return [
        _picture(name, place, examples, leading[1], side) for name, place in _places(order).items()
    ]


def gan_pictures(study: Study, *, count: int) -> GanPicture | None:
    """Crops of the GAN that the first confirm training used, or None where none was kept."""
    for result in trials(study, stage="confirm", count=count):
        if picture := _gan_picture(study, gan_fit_id(result)):
            return picture
    return None


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


Examples = dict[str, tuple[TrialResult, dict[str, np.ndarray]]]


def _examples(study: Study, decision: Decision) -> Examples:
    """By arm, the training whose predictions were kept, and the kept arrays."""
    found: Examples = {}
    places = {arm.name: place for place, arm in enumerate(study.arms)}
    done = trials(study, stage="confirm", count=decision.annotation_count, status="completed")
    for result in sorted(done, key=lambda result: places[result.spec["arm"]]):
        arrays = load_arrays(study.folder / "examples" / f"{result.trial_id}.npz")
        if arrays is not None and "ids" in arrays and len(arrays["ids"]):
            found.setdefault(result.spec["arm"], (result, arrays))
    return found


def _places(order: Sequence[str]) -> dict[str, str]:
    """At most three names, first, middle and last of the order."""
    if len(order) < SHOWN_IMAGES:
        return dict(zip(order, ("best", "worst"), strict=False))
    return {order[0]: "best", order[len(order) // 2]: "median", order[-1]: "worst"}


def _picture(
    name: str, place: str, examples: Examples, leading: dict[str, np.ndarray], side: int
) -> TestPicture:
    index = _index(leading, name)
    image = leading[f"{index}_image"]
    window = _middle(image.shape[0], image.shape[1], side)
    shown = image[window]
    predictions = []
    for arm, (result, arrays) in examples.items():
        f1 = next((score.f1 for score in result.test if score.sample_id == name), None)
        if f1 is None or name not in arrays["ids"]:
            continue
        predicted = arrays[f"{_index(arrays, name)}_predicted"]
        predictions.append(Prediction(arm=arm, f1=f1, path=outlines(predicted[window])))
    return TestPicture(
        sample_id=name,
        place=place,
        height=shown.shape[0],
        width=shown.shape[1],
        whole=shown.shape[:2] == image.shape[:2],
        png=data_url(shown),
        true_path=outlines(leading[f"{index}_true"][window]),
        predictions=tuple(predictions),
    )


def _index(arrays: dict[str, np.ndarray], name: str) -> int:
    return [str(one) for one in arrays["ids"]].index(name)


def _middle(height: int, width: int, side: int) -> tuple[slice, slice]:
    top, left = max(height - side, 0) // 2, max(width - side, 0) // 2
    return slice(top, top + min(side, height)), slice(left, left + min(side, width))


def _gan_picture(study: Study, fit_id: str) -> GanPicture | None:
    fit = next((fit for fit in trials(study, stage="fit_gans") if fit.trial_id == fit_id), None)
    pool = load_arrays(study.folder / "gans" / fit_id / "pool.npz") if fit else None
    real = load_arrays(study.folder / "gans" / fit_id / "real.npz") if fit else None
    if fit is None or pool is None or real is None:
        return None
    return GanPicture(fit=fit, real=_crops(real), synthetic=_crops(pool))


def _crops(arrays: dict[str, np.ndarray]) -> tuple[Crop, ...]:
    """The first crops that hold cells, so that masks can be judged."""
    holds_cells = [index for index, labels in enumerate(arrays["labels"]) if (labels > 0).any()]
    return tuple(
        Crop(
            png=data_url(_displayed(arrays["images"][index])),
            side=arrays["labels"][index].shape[0],
            path=outlines(arrays["labels"][index]),
        )
        for index in holds_cells[:SHOWN_CROPS]
    )


def _displayed(image: np.ndarray) -> np.ndarray:
    """A percentile-normalised image [H, W, C], C 1 to 3, as uint8 grey or RGB."""
    grey = (255 * np.clip(image.astype(np.float32), 0, 1)).round().astype(np.uint8)
    if grey.shape[2] == 1:
        return grey[..., 0]
    return np.pad(grey, ((0, 0), (0, 0), (0, 3 - grey.shape[2])))


def _shrunk(image: np.ndarray) -> np.ndarray:
    """Every n-th pixel averaged, so that no side is longer than `LARGEST_SIDE_PX`."""
    step = -(-max(image.shape[:2]) // LARGEST_SIDE_PX)
    if step == 1:
        return image
    height, width = (side // step * step for side in image.shape[:2])
    blocks = image[:height, :width].reshape(height // step, step, width // step, step, 3)
    return blocks.mean(axis=(1, 3)).round().astype(np.uint8)
