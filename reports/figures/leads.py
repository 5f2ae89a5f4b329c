"""The figure of several studies side by side."""

from matplotlib.figure import Figure

from reports.figures.figures import AXIS, canvas, interval_line, looks, rows_only
from reports.verdict.side_by_side import SideBySide


def leads(found: SideBySide) -> Figure:
    """Mean test F1 with its interval, arm by arm, one block per study."""
    look = looks(found.arms)
    figure, axes = canvas(height=0.8 + 0.24 * (len(found.placed) + len(found.names)))
    row: float = 0.0
    ticks: list[tuple[float, str]] = []
    for name in found.names:
        ticks.append((row, name))
        for one in (one for one in found.placed if one.study == name):
            row += 1
            style, score = look[one.arm], one.f1
            interval_line(axes, row, score, colour=style.colour)
            axes.plot(score.estimate, row, style.marker, color=style.colour, ms=7)
            ticks.append((row, style.label))
        axes.axhline(row + 0.75, color=AXIS, lw=0.6)
        row += 1.5
    axes.set_yticks([place for place, _ in ticks], [label for _, label in ticks])
    for tick, (_, label) in zip(axes.get_yticklabels(), ticks, strict=True):
        tick.set_fontweight("bold" if label in found.names else "normal")
    axes.set_ylim(row - 0.5, -0.7)
    axes.set_xlabel("test F1 at IoU 0.5")
    rows_only(axes)
    return figure
