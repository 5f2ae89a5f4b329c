"""Figures as text in the page, where they follow its colours, and as files for a paper."""

import io
import re
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from reports.figures.figures import AXIS, FAINT, INK, PAPER
from reports.load import Folder

THEMED = {INK: "currentColor", FAINT: "var(--line)", AXIS: "var(--axis)", PAPER: "var(--paper)"}
"""Figure colours that follow the page's, light or dark."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "font.family": "DejaVu Sans",
    "pdf.fonttype": 42,
}
"""Text stays text, and the same figure gives the same file."""


def inline_svg(svg: str, *, name: str, described: str) -> str:
    """A figure as an SVG element that scales with the page.

    Args:
        svg: the text of the SVG file.
        name: the figure's, unique on the page: the ids of its parts start with it.
        described: what it shows, for a screen reader.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    svg = re.sub(r'(id="|#)([mp][0-9a-f]{8,})', rf"\1{name}-\2", svg)
    for colour, follows in THEMED.items():
        svg = svg.replace(colour, follows)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{described}"', 1)


def write_figure(figure: Figure, *, name: str, folder: Folder) -> str:
    """Writes `<name>.svg` and `<name>.pdf`; returns the text of the former."""
    svg = _svg(figure)
    (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    # Drawing has laid everything out, which need not be done again.
    figure.set_layout_engine("none")
    (folder / f"{name}.pdf").write_bytes(_pdf(figure))
    return svg


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return buffer.getvalue()


def _pdf(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="pdf", metadata={"CreationDate": None})
    return buffer.getvalue()
