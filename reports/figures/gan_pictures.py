"""Real and synthetic crops of one GAN, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.figures.pictures import data_url, outlines
from reports.load import Study, trials
from reports.verdict.cost import gan_fit_of
from trainables.data.sample import Sample
from trainables.data.visible import visible
from trainables.gan.pools.files import POOL, REAL, read_samples
from trainables.results.result import TrialResult
from trainables.spec.trial_spec import GanFitSpec

SHOWN_CROPS = 6


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


def gan_pictures(study: Study, *, count: int) -> GanPicture | None:
    """Crops of the GAN that the first confirm training used, or None where none was kept."""
    for result in trials(study, stage="confirm", count=count):
        if picture := _gan_picture(study, gan_fit_of(result)):
            return picture
    return None


def _gan_picture(study: Study, wanted: GanFitSpec | None) -> GanPicture | None:
    fit = next((fit for fit in trials(study, stage="fit_gans") if fit.spec == wanted), None)
    if fit is None:
        return None
    folder = study.folder / "gans" / fit.trial_id
    pool, real = (read_samples(folder, name=name) for name in (POOL, REAL))
    if pool is None or real is None:
        return None
    return GanPicture(fit=fit, real=_crops(real), synthetic=_crops(pool))


def _crops(samples: Sequence[Sample]) -> tuple[Crop, ...]:
    """The first crops that hold cells, so that masks can be judged."""
    with_cells = [sample for sample in samples if (sample.labels > 0).any()]
    return tuple(
        Crop(
            png=data_url(visible(sample.image)),
            side=sample.labels.shape[0],
            path=outlines(sample.labels),
        )
        for sample in with_cells[:SHOWN_CROPS]
    )
