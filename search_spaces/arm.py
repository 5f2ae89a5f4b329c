"""The search space of an arm: the spaces of its three choices, put together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from search_spaces import extra_data, gan, schedule, training, zero_shot
from trainables.segmenters.families import family_of
from trainables.spec.extra_spec import ExtraKind
from trainables.spec.gan_spec import GanSpec
from trainables.spec.trial_spec import SegmenterSettings, WeightsKind

if TYPE_CHECKING:
    import optuna


def defaults(
    segmenter: SegmenterSettings,
    *,
    extra: ExtraKind,
    weights: WeightsKind,
    gans: Sequence[GanSpec],
    is_trained: bool = True,
) -> dict[str, Any]:
    """The field's own defaults, by parameter name: the first trial of every search."""
    return starts(segmenter, extra=extra, weights=weights, gans=gans, is_trained=is_trained)[0]


def starts(
    segmenter: SegmenterSettings,
    *,
    extra: ExtraKind,
    weights: WeightsKind,
    gans: Sequence[GanSpec],
    is_trained: bool = True,
) -> list[dict[str, Any]]:
    """The first trials of every search: the defaults, with the first GAN of each architecture."""
    if not is_trained:
        return [zero_shot.defaults()]
    own = family_of(segmenter).search(segmenter, weights)
    point = training.defaults(own)
    if weights == "pretrained":
        point |= schedule.defaults(own)
    if extra != "none":
        point |= extra_data.defaults()
    return [point | start for start in gan.starts(gans)] if extra == "gan" else [point]


def space(
    trial: "optuna.Trial",
    *,
    segmenter: SegmenterSettings,
    extra: ExtraKind,
    weights: WeightsKind,
    gans: Sequence[GanSpec],
    is_trained: bool = True,
    diameters_px: tuple[float, float] = zero_shot.DIAMETERS_PX,
) -> dict[str, Any]:
    """One configuration of the arm, as flat fields of a `TrialSpec`.

    Args:
        segmenter: the study's settings of the arm's segmenter.
        extra: the arm's extra data.
        weights: the arm's initial weights.
        gans: the study's GANs.
        is_trained: whether the arm trains its segmenter.
        diameters_px: the working scale's smallest and largest median diameter.
    """
    if not is_trained:
        return zero_shot.suggest(trial, diameters_px=diameters_px)
    own = family_of(segmenter).search(segmenter, weights)
    flat = training.suggest(trial, own)
    if weights == "pretrained":
        flat |= schedule.suggest(trial, own)
    if extra != "none":
        flat |= extra_data.suggest(trial)
    if extra == "gan":
        flat |= gan.suggest(trial, gans=gans)
    return flat
