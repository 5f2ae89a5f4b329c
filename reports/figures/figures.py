"""The report's plots, the same for the page, for a paper and for a slide."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from reports import words
from reports.facts import Arm
from reports.findings.ablation import Effect
from reports.load import Study, trials
from reports.statistics.intervals import Interval
from reports.verdict.aggregate import ArmSummary, summaries_of
from trainables.results.result import TrialResult

# Okabe and Ito's colours, which colour-blind readers can tell apart, without the yellow that
# vanishes on white, and with a grey that also stands out on black. Markers tell arms apart in
# greyscale print; a ninth arm has the first one's colour, another marker and a dashed line.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7B7B7B", "#8C564B")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
DASHES = ("-", (0, (4, 2)), (0, (1, 1.5)))
INK, FAINT, AXIS, PAPER = "#1f2933", "#d9dee4", "#9aa5b1", "#ffffff"


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How an arm is drawn in every figure."""

    label: str
    colour: str
    marker: str
    dash: str | tuple[float, tuple[float, ...]]


def looks(arms: Sequence[Arm]) -> dict[str, Look]:
    """A colour and a marker for each arm, by its place in the design."""
    return {
        arm.name: Look(
            label=words.arm_title(arm),
            colour=COLOURS[place % len(COLOURS)],
            marker=MARKERS[place % len(MARKERS)],
            dash=DASHES[place // len(COLOURS) % len(DASHES)],
        )
        for place, arm in enumerate(arms)
    }


def forest(summaries: Sequence[ArmSummary], look: Mapping[str, Look]) -> Figure:
    """Mean test F1 with its interval for each arm, and a small mark for each draw."""
    figure, axes = canvas(height=0.55 + 0.42 * len(summaries))
    for row, summary in enumerate(summaries):
        style, found, scores = look[summary.arm.name], summary.f1, summary.scores
        if found is None or scores is None:
            continue
        interval_line(axes, row, found, colour=style.colour, width=2.4)
        draws = scores.values.mean(axis=1)
        axes.plot(draws, [row + 0.24] * len(draws), "|", color=style.colour, ms=6, mew=1.2)
        axes.plot(found.estimate, row, style.marker, color=style.colour, ms=8, mec=PAPER)
    axes.set_yticks(range(len(summaries)), [look[s.arm.name].label for s in summaries])
    axes.set_ylim(len(summaries) - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.set_xlabel("test F1 at IoU 0.5")
    rows_only(axes)
    axes.tick_params(axis="y", labelsize=10)
    return figure


def learning_curves(
    by_count: Mapping[int, Sequence[ArmSummary]], look: Mapping[str, Look]
) -> Figure:
    """Mean test F1 with its interval against the number of annotated images."""
    figure, axes = canvas(height=3.6)
    counts = sorted(by_count)
    for place, (name, style) in enumerate(look.items()):
        scored = summaries_of(by_count, name).items()
        points = [(count, summary.f1) for count, summary in scored if summary.f1]
        if not points:
            continue
        # Shifted slightly along the logarithmic axis, so that intervals do not hide each other.
        shift = 1 + 0.025 * (place - (len(look) - 1) / 2)
        x = [count * shift for count, _ in points]
        y = [found.estimate for _, found in points]
        reach = [
            [max(f.estimate - max(f.low, 0), 0) for _, f in points],
            [max(min(f.high, 1) - f.estimate, 0) for _, f in points],
        ]
        axes.errorbar(
            x, y, yerr=reach, color=style.colour, marker=style.marker, ms=6, lw=1.6, elinewidth=1,
            ls=style.dash, label=style.label,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    axes.set_xlabel("annotated images")
    axes.set_ylabel("test F1 at IoU 0.5")
    axes.grid(axis="y", color=FAINT, lw=0.7)
    _legend(axes)
    return figure


def cost_scatter(summaries: Sequence[ArmSummary], look: Mapping[str, Look]) -> Figure:
    """Test F1 against what one training costs; the line joins arms that none beats on both."""
    figure, axes = canvas(height=3.4)
    points = [(s.cost.model_device_seconds, s.mean_f1, s) for s in summaries if s.f1 is not None]
    front = pareto([(seconds, f1) for seconds, f1, _ in points])
    axes.plot(*zip(*front, strict=True), color=AXIS, lw=1.2, ls=(0, (4, 3)), zorder=1)
    for seconds, f1, summary in points:
        style, found = look[summary.arm.name], summary.f1
        if found is not None and not math.isnan(found.low):
            ends = [max(found.low, 0), min(found.high, 1)]
            axes.plot([seconds] * 2, ends, color=style.colour, lw=1.2, alpha=0.5)
        axes.plot(seconds, f1, style.marker, color=style.colour, ms=8, mec=PAPER, label=style.label)
    _time_axis(axes, [seconds for seconds, _, _ in points])
    axes.set_xlabel("device time of one training, its GAN included")
    axes.set_ylabel("test F1 at IoU 0.5")
    axes.grid(color=FAINT, lw=0.7)
    _legend(axes)
    return figure


def search_history(study: Study, look: Mapping[str, Look]) -> Figure:
    """Validation F1 of every search trial in the order they started, one panel per arm."""
    columns = min(len(look), 5)
    rows = math.ceil(len(look) / columns)
    figure = Figure(figsize=(9.2, 2.1 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat
    for axes, (name, style) in zip(panels, look.items(), strict=False):
        _history_panel(axes, trials(study, stage="search", arm=name), style)
        tidy(axes)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.grid(axis="y", color=FAINT, lw=0.7)
        axes.set_title(style.label, fontsize=9, color=INK, loc="left")
    for axes in list(figure.axes)[len(look) :]:
        axes.set_visible(False)
    figure.supxlabel("search trial", fontsize=9, color=INK)
    figure.supylabel("validation F1", fontsize=9, color=INK)
    return figure


def ablations(effects: Sequence[Effect], look: Mapping[str, Look]) -> Figure:
    """What each change to an arm's winning configuration does to its test F1."""
    figure, axes = canvas(height=0.7 + 0.27 * len(effects))
    for row, one in enumerate(effects):
        style, found = look[one.arm], one.effect
        interval_line(axes, row, found, colour=style.colour, least=-1)
        face = style.colour if one.stands else PAPER
        axes.plot(found.estimate, row, style.marker, ms=7, mfc=face, mec=style.colour)
    labels = [f"{look[e.arm].label}: {e.setting} {e.level}" for e in effects]
    axes.set_yticks(range(len(effects)), labels)
    axes.set_ylim(len(effects) - 0.5, -0.5)
    axes.axvline(0, color=AXIS, lw=1)
    axes.set_xlabel("change of test F1 at IoU 0.5 against the winning configuration")
    rows_only(axes)
    return figure


def pareto(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The (cost, score) points that no other beats on both, cheapest first."""
    front: list[tuple[float, float]] = []
    for cost, reached in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or reached > front[-1][1]:
            front.append((cost, reached))
    return front


def _history_panel(axes: Axes, searched: list[TrialResult], style: Look) -> None:
    best, steps = -math.inf, []
    for place, result in enumerate(searched, start=1):
        if result.status == "completed":
            best = max(best, result.validation_f1)
            axes.plot(place, result.validation_f1, style.marker, color=style.colour, ms=5)
        elif result.status == "pruned" and result.progress:
            reached = result.progress[-1].validation_f1
            axes.plot(place, reached, "o", mfc="none", mec="#7b8794", ms=5)
        else:
            axes.plot(place, 0.02, "x", color=INK, ms=5, transform=axes.get_xaxis_transform())
        steps.append(best if best > -math.inf else math.nan)
    axes.step(range(1, len(steps) + 1), steps, where="post", color=style.colour, lw=1.2, alpha=0.6)


def _time_axis(axes: Axes, seconds: Sequence[float]) -> None:
    """From zero where costs are similar, logarithmic where they span more than a decade."""
    if min(seconds) > 0 and max(seconds) > 10 * min(seconds):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.set_xlim(0, 1.1 * max(seconds) or 1)
    axes.xaxis.set_major_formatter(lambda value, _: words.seconds(value) if value else "0")


def interval_line(
    axes: Axes, row: float, found: Interval, *, colour: str, least: float = 0, width: float = 2
) -> None:
    """An interval along a row, clipped to what is possible, `least` to 1; no line if it is open."""
    if not math.isnan(found.low):
        ends = [max(found.low, least), min(found.high, 1)]
        axes.plot(ends, [row, row], color=colour, lw=width, solid_capstyle="butt")


def rows_only(axes: Axes) -> None:
    """Styles axes whose rows have names and no numbers."""
    axes.grid(axis="x", color=FAINT, lw=0.7)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def canvas(*, height: float) -> tuple[Figure, Axes]:
    """An empty figure of the page's width, in the style of all others; height in inches."""
    figure = Figure(figsize=(9.2, height), layout="constrained")
    axes = figure.add_subplot()
    tidy(axes)
    return figure, axes


def _legend(axes: Axes) -> None:
    """A legend at the right, in the order of the last points: names stand where lines end."""
    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(handles)), key=lambda place: -_last_height(handles[place]))
    axes.legend(
        [handles[place] for place in order],
        [labels[place] for place in order],
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
    )


def _last_height(handle: Any) -> float:
    """The last height of a line, or of the line among the parts of an error bar."""
    line = handle[0] if isinstance(handle, tuple) else handle
    return float(line.get_ydata()[-1])


def tidy(axes: Axes) -> None:
    """Gives axes the look that all of them share."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(AXIS)
    axes.tick_params(colors=INK, labelsize=9)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    axes.set_axisbelow(True)
