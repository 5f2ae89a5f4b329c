"""The report for a repository: the verdict, the tables and the figures as Markdown."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from reports.columns import Column, Record, Table
from reports.figures.figures import Look
from reports.page.page import Page
from reports.tables.tables_of import Tables


def markdown(page: Page) -> str:
    """The report as Markdown; names from outside cannot become HTML or break a table."""
    narrative = page.narrative
    parts = [
        f"# {_text(narrative.headline)}",
        f"*Study {_text(page.name)}. {_text(page.question)}*",
        _text(narrative.paragraph),
        *(f"![{name}](figures/{name}.svg)" for name in _drawn(page)[:1]),
        _listed(narrative.take_home),
        f"**Mind:**\n\n{_listed(narrative.caveats)}" if narrative.caveats else "",
        *(
            f"## {title}\n\n{markdown_table(table, page.look)}"
            for title, table in _titled(page.tables)
            if table.records
        ),
        "## Methods" if page.methods.paragraphs else "",
        *(_text(paragraph) for paragraph in page.methods.paragraphs),
        "\n".join(f"{n}. {_text(one)}" for n, one in enumerate(page.methods.references, start=1)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown_table(table: Table[Record], look: Mapping[str, Look]) -> str:
    """One table, numbers right-aligned; what a row is about comes first."""
    columns = [*table.heads, *table.cells]
    lines = [
        [column.heading for column in columns],
        ["---:" if column.numeric else "---" for column in columns],
        *([_shown(column, record, look) for column in columns] for record in table.shown),
    ]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _drawn(page: Page) -> list[str]:
    return [name for name, svg in page.figures.items() if svg]


def _titled(tables: Tables) -> list[tuple[str, Table[Any]]]:
    """The tables that are shown, with their headings; the rest is in CSV files."""
    return [
        ("Arms", tables.arms),
        ("Comparisons", tables.comparisons),
        ("By annotation count", tables.learning_curves),
        ("Worth in annotated images", tables.annotation_equivalence),
        ("What a score costs", tables.cost_to_score),
        ("What extra data adds", tables.two_way),
        ("Whether that depends on segmenter and weights", tables.interactions),
        ("One setting changed at a time", tables.ablation),
        ("Where arms help", tables.heterogeneity),
        ("What the search promised", tables.optimism),
        ("Search budgets", tables.search_budget),
        ("Which settings mattered", tables.importance),
        ("Does the pool's quality predict the gain", tables.gan_quality),
    ]


def _shown(column: Column[Record], record: Record, look: Mapping[str, Look]) -> str:
    text = column.show(record)
    return look[text].label if column.names_row and text in look else text


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {_text(sentence)}" for sentence in sentences)


def _text(text: str) -> str:
    return html.escape(text, quote=False)


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|").replace("\n", " ")
