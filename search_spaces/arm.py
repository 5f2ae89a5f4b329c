"""The search space of an arm: the spaces of its three choices, put together."""

from collections.abc import Sequence
from typing import Any

import optuna

from search_spaces import cellpose, extra_data, gan, schedule, stardist, unet, zero_shot
from trainables.spec.extra_spec import ExtraKind
from trainables.spec.gan_spec import GanSpec
from trainables.spec.trial_spec import SegmenterSpec, WeightsKind

SEGMENTER_SPACES = {"unet": unet, "cellpose": cellpose, "stardist": stardist}


def defaults(
    segmenter: SegmenterSpec,
    *,
    extra: ExtraKind,
    weights: WeightsKind,
    gans: Sequence[GanSpec],
    is_trained: bool = True,
) -> dict[str, Any]:
    """The field's own defaults, by parameter name: the first trial of every search."""
    return starts(segmenter, extra=extra, weights=weights, gans=gans, is_trained=is_trained)[0]


def starts(
    segmenter: SegmenterSpec,
    *,
    extra: ExtraKind,
    weights: WeightsKind,
    gans: Sequence[GanSpec],
    is_trained: bool = True,
) -> list[dict[str, Any]]:
    """The first trials of every search: the defaults, with the first GAN of each architecture."""
    if not is_trained:
        return [zero_shot.defaults()]
    point = SEGMENTER_SPACES[segmenter.kind].defaults(segmenter, weights)
    if weights == "pretrained":
        point |= schedule.defaults(segmenter)
    if extra != "none":
        point |= extra_data.defaults()
    return [point | start for start in gan.starts(gans)] if extra == "gan" else [point]


def space(
    trial: optuna.Trial,
    *,
    segmenter: SegmenterSpec,
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
        return zero_shot.space(trial, diameters_px=diameters_px)
    flat = SEGMENTER_SPACES[segmenter.kind].space(trial, segmenter, weights)
    if weights == "pretrained":
        flat |= schedule.space(trial, segmenter)
    if extra != "none":
        flat |= extra_data.space(trial)
    if extra == "gan":
        flat |= gan.space(trial, gans=gans)
    return flat
