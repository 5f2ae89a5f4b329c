"""The learning rate of each layer of the fine-tuned networks over a training."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports import words
from reports.figures.figures import COLOURS, FAINT, INK, Look, tidy
from reports.findings.configurations import chosen_trial
from reports.load import Study
from trainables.spec.training_spec import TrainingSpec
from trainables.training.schedule import HEAD, learning_rate

DEPTHS = {"input": 0.0, "mid encoder": 0.25, "mid decoder": 0.75, "head": HEAD}
"""Layers that are drawn, with their position between the input (0) and the head (1)."""
DEPTH_COLOURS = (COLOURS[0], COLOURS[5], COLOURS[4], COLOURS[1])
WIDEST, NARROWEST = 6.0, 1.5
"""Line widths of the input and the head: layers that learn alike show as one line with edges,
and none hides another."""
POINTS = 400
"""Points per line: enough for steps to look vertical."""
MOST_COLUMNS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """The learning rates of one arm's chosen configuration."""

    arm: str
    schedule: str
    """The schedule in words."""
    images_seen: tuple[float, ...]
    by_depth: Mapping[str, tuple[float, ...]]
    """Learning rates at each number of images seen, by the names in `DEPTHS`."""


def fine_tuning_rates(study: Study) -> list[Rates]:
    """The learning rates of every arm that fine-tunes pretrained weights, in the design's order.

    They are those of the confirmed configuration or, before there is one, of the best of the
    search.
    """
    found = []
    for arm in study.arms:
        chosen = chosen_trial(study, arm) if arm.initial_weights == "pretrained" else None
        if chosen is None:
            continue
        training = chosen.trial.training
        if training.images_seen:
            schedule = _named(training)
            found.append(_rates(training, arm=arm.name, schedule=schedule))
    return found


def draw_rates(shown: Sequence[Rates], look: Mapping[str, Look]) -> Figure:
    """Learning rate against images seen, a line for each depth, a panel for each arm."""
    columns = min(len(shown), MOST_COLUMNS)
    rows = math.ceil(len(shown) / columns)
    figure = Figure(figsize=(9.2, 0.5 + 2.3 * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, one in zip(panels, shown, strict=False):
        _panel(axes, one, title=look[one.arm].label)
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    figure.supxlabel("images seen", fontsize=9, color=INK)
    figure.supylabel("learning rate", fontsize=9, color=INK)
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside upper left",
        ncols=len(DEPTHS),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
    )
    return figure


def _panel(axes: Axes, one: Rates, *, title: str) -> None:
    step = (WIDEST - NARROWEST) / (len(DEPTHS) - 1)
    for place, (name, rates) in enumerate(one.by_depth.items()):
        axes.plot(
            one.images_seen, rates, color=DEPTH_COLOURS[place], lw=WIDEST - place * step,
            solid_capstyle="butt", label=name,
        )  # fmt: skip
    tidy(axes)
    axes.grid(axis="y", color=FAINT, lw=0.7)
    axes.set_title(f"{title}\n{one.schedule}", fontsize=9, color=INK, loc="left")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: words.number(value))


def _rates(training: TrainingSpec, *, arm: str, schedule: str) -> Rates:
    shares = [place / POINTS for place in range(POINTS + 1)]
    return Rates(
        arm=arm,
        schedule=schedule,
        images_seen=tuple(share * training.images_seen for share in shares),
        by_depth={
            name: tuple(learning_rate(training, depth=depth, progress=share) for share in shares)
            for name, depth in DEPTHS.items()
        },
    )


def _named(training: TrainingSpec) -> str:
    """The schedule as a reader would call it."""
    if training.lora_rank:
        return f"low-rank matrices (LoRA, rank {training.lora_rank})"
    lowest = words.number(training.layerwise_decay)
    return {
        "full": "full: all layers alike",
        "frozen_encoder": "frozen encoder",
        "discriminative": f"discriminative, × {lowest} at the input",
        "gradual_unfreezing": "gradual unfreezing",
        "head_then_full": "head, then full",
    }[training.schedule]
