"""The search space of an arm: the spaces of its three choices, put together."""

from collections.abc import Sequence
from typing import Any

import optuna

from search_spaces import cellpose, extra_data, gan, schedule, stardist, unet
from trainables.spec import ExtraKind, GanSpec, SegmenterSpec, WeightsKind

SEGMENTER_SPACES = {"unet": unet, "cellpose": cellpose, "stardist": stardist}


def defaults(
    segmenter: SegmenterSpec,
    *,
    extra: ExtraKind,
    weights: WeightsKind,
    gans: Sequence[GanSpec],
) -> dict[str, Any]:
    """The field's own defaults, by parameter name: the first trial of every search."""
    point = SEGMENTER_SPACES[segmenter.kind].defaults(segmenter, weights)
    if weights == "pretrained":
        point |= schedule.defaults()
    if extra != "none":
        point |= extra_data.defaults()
    if extra == "gan":
        point |= gan.defaults(gans)
    return point


def space(
    trial: optuna.Trial,
    *,
    segmenter: SegmenterSpec,
    extra: ExtraKind,
    weights: WeightsKind,
    gans: Sequence[GanSpec],
) -> dict[str, Any]:
    """One configuration of the arm, as flat fields of a `TrialSpec`."""
    flat = SEGMENTER_SPACES[segmenter.kind].space(trial, segmenter, weights)
    if weights == "pretrained":
        flat |= schedule.space(trial)
    if extra != "none":
        flat |= extra_data.space(trial)
    if extra == "gan":
        flat |= gan.space(trial, gans=gans)
    return flat
