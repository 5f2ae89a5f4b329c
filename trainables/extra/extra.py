"""The synthetic samples that a trial adds to its annotated ones."""

from collections.abc import Sequence

from trainables.data.sample import Sample
from trainables.extra.copy_paste import make_copy_paste
from trainables.extra.mixes import MIXES, make_mixes
from trainables.extra.pseudo_labels import pseudo_labels
from trainables.spec.randomness import Randomness
from trainables.spec.trial_spec import TrialSpec
from trainables.training.contract import Extra

POOL_MARGIN = 1.5
"""Side of a sample made here in crops, so that a zoomed-out crop still lies inside it."""


def extra_data(
    spec: TrialSpec,
    training: Sequence[Sample],
    *,
    validation: Sequence[Sample],
    unlabelled: Sequence[Sample],
    pool: Sequence[Sample],
    randomness: Randomness,
) -> Extra:
    """The trial's pool and ratio; empty where its arm has none or its ratio is 0.

    Args:
        training: the annotated samples of the trial at the working scale, and nothing else.
        validation: chooses the weights of what labels `unlabelled`.
        unlabelled: images at the working scale whose labels are unknown.
        pool: what the trial's GAN has made of those same samples.
    """
    if spec.extra.ratio == 0:
        return Extra()
    if spec.extra.kind == "copy_paste":
        pool = make_copy_paste(
            training,
            count=spec.extra.pool_size,
            crop_px=round(POOL_MARGIN * spec.training.crop_px),
            rng=randomness.generator("copy paste"),
        )
    elif spec.extra.kind in MIXES:
        pool = make_mixes(
            training,
            kind=spec.extra.kind,
            count=spec.extra.pool_size,
            crop_px=round(POOL_MARGIN * spec.training.crop_px),
            rng=randomness.generator(spec.extra.kind),
        )
    elif spec.extra.kind == "pseudo_labels":
        pool = pseudo_labels(
            spec, training, unlabelled, validation=validation, randomness=randomness
        )
    if not pool:
        return Extra()
    return Extra(pool=pool, ratio=spec.extra.ratio, order=spec.extra.order)
