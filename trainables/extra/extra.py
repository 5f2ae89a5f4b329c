"""The synthetic samples that a trial adds to its annotated ones."""

from collections.abc import Sequence

from trainables.data.sample import Sample
from trainables.data.trial_data import WorkingData
from trainables.extra.copy_paste import make_copy_paste
from trainables.extra.mixes import MIXES, make_mixes
from trainables.extra.pseudo_labels import pseudo_labels
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import TrialSpec
from trainables.training.contract import Extra

POOL_MARGIN = 1.5
"""Side of a sample made here, in crops, so that a zoomed-out crop still lies inside it."""


def extra_data(
    spec: TrialSpec,
    data: WorkingData,
    *,
    pool: Sequence[Sample],
    randomness: Randomness,
) -> Extra:
    """The trial's pool and ratio; empty where its arm uses no pool or its ratio is 0.

    Args:
        spec: of the trial.
        data: the samples of the trial, from which the pool is made.
        pool: what the trial's GAN made from the same training samples.
        randomness: of the trial.
    """
    if spec.extra.ratio == 0:
        return Extra()
    if spec.extra.kind == "copy_paste":
        pool = make_copy_paste(
            data.training,
            count=spec.extra.pool_size,
            crop_px=round(POOL_MARGIN * spec.training.crop_px),
            rng=randomness.generator("copy paste"),
        )
    elif spec.extra.kind in MIXES:
        pool = make_mixes(
            data.training,
            kind=spec.extra.kind,
            count=spec.extra.pool_size,
            crop_px=round(POOL_MARGIN * spec.training.crop_px),
            rng=randomness.generator(spec.extra.kind),
        )
    elif spec.extra.kind == "pseudo_labels":
        pool = pseudo_labels(
            spec,
            data.training,
            data.unlabelled,
            validation=data.validation,
            randomness=randomness,
        )
    if not pool:
        return Extra()
    return Extra(pool=pool, ratio=spec.extra.ratio, order=spec.extra.order)
