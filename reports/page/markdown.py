"""The report for a repository: the verdict, the tables and the figures as Markdown."""

import html
from collections.abc import Mapping, Sequence

from reports.columns import Table
from reports.figures.figures import Look
from reports.text.methods import Methods
from reports.text.narrative import Narrative

TITLES = {
    "arms": "Arms",
    "comparisons": "Comparisons",
    "learning_curves": "By annotation count",
    "annotation_equivalence": "Worth in annotated images",
    "cost_to_score": "What a score costs",
    "two_way": "What extra data adds",
    "interactions": "Whether that depends on segmenter and weights",
    "ablation": "One setting changed at a time",
    "heterogeneity": "Where arms help",
    "optimism": "What the search promised",
    "search_budget": "Search budgets",
    "importance": "Which settings mattered",
    "gan_quality": "Does the pool's quality predict the gain",
}
"""Tables that are shown, in this order, with their headings; the rest is in CSV files."""
HEADS = {"comparisons": (("one", "arm"), ("other", "minus")), "interactions": ()}


def markdown(
    *,
    title: str,
    question: str,
    narrative: Narrative,
    tables: Mapping[str, Table],
    look: Mapping[str, Look],
    figures: Sequence[str],
    methods: Methods,
) -> str:
    """The report as Markdown; names from outside cannot become HTML or break a table.

    Args:
        title: of the study.
        question: that it answers.
        narrative: what stands at the top.
        tables: by name.
        look: of the arms.
        figures: names of the figures' files, without ending, best first.
        methods: of the study.
    """
    parts = [
        f"# {_text(narrative.headline)}",
        f"*Study {_text(title)}. {_text(question)}*",
        _text(narrative.paragraph),
        *(f"![{name}](figures/{name}.svg)" for name in figures[:1]),
        _listed(narrative.take_home),
        f"**Mind:**\n\n{_listed(narrative.caveats)}" if narrative.caveats else "",
        *(
            f"## {TITLES[name]}\n\n{markdown_table(tables[name], look, HEADS.get(name))}"
            for name in TITLES
            if name in tables and tables[name].rows
        ),
        "## Methods" if methods.paragraphs else "",
        *(_text(paragraph) for paragraph in methods.paragraphs),
        "\n".join(f"{n}. {_text(one)}" for n, one in enumerate(methods.references, start=1)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown_table(
    table: Table,
    look: Mapping[str, Look],
    heads: Sequence[tuple[str, str]] | None = None,
) -> str:
    """One table, numbers to the right; the arms come first."""
    heads = (("arm", "arm"),) if heads is None else heads
    labels = [label for _, label in heads] + [column.label.strip() for column in table.columns]
    ends = ["---"] * len(heads) + ["---:" if c.numeric else "---" for c in table.columns]
    rows = [
        [_arm(look, row[name]) for name, _ in heads]
        + [column.show(row) for column in table.columns]
        for row in table.rows
    ]
    lines = [labels, ends, *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _arm(look: Mapping[str, Look], name: str) -> str:
    return look[name].label if name in look else name


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {_text(sentence)}" for sentence in sentences)


def _text(text: str) -> str:
    return html.escape(text, quote=False)


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|").replace("\n", " ")
