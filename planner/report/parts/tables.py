"""The tables and bars of the text report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from planner.finding import Severity
from planner.report.parts import words
from planner.report.parts.memory import TERMS, bar_cells, stage_rows
from planner.units import count_text, gib, gib_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from planner.plan import Layout, MathStep, Memory
    from planner.report.base import Page

VERDICT_STYLES = {"fits": "green", "uncertain": "yellow", "does_not_fit": "red"}
SEVERITY_STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.ADVICE: "cyan",
}
#: columns a bar leaves to its label and the margins
_BESIDE_BAR = 6
_LONGEST_BAR = 80


def columns(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Rows as lines, cells under each other: column ``left`` at its left edge, others right.

    Whatever the page, no cell is cut: a number without its last digits is another number.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place == left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def memory(memory: Memory) -> list[str]:
    """What each stage's GPU holds, in GiB."""
    short = {"activation": "activ.", "KV cache": "KV"}
    head = ["stage", "layers", *(short.get(term.label, term.label) for term in TERMS)]
    rows = [
        [row.stage, row.layers, *(f"{gib(size):.2f}" for size in row.sizes)]
        for row in stage_rows(memory)
    ]
    return columns([head, *rows], left=0)


def stage_bars(memory: Memory, page: Page) -> list[Text]:
    """A bar for each run of like stages; its parts are unlike without colour too."""
    rows = stage_rows(memory)
    label = max(len(f"stage {row.stage}") for row in rows)
    cells = max(10, min(_LONGEST_BAR, page.width - label - _BESIDE_BAR))
    return [
        Text(f"stage {row.stage}".ljust(label + 1)).append(_bar(row.sizes, cells, page))
        for row in rows
    ]


def bars(memory: Memory, page: Page) -> Group:
    """A bar for each run of like stages, and what its parts mean."""
    legend = Text()
    for term in TERMS:
        legend.append(term.glyph if page.unicode else term.letter, term.colour)
        legend.append(f" {term.label} ")
    return Group(*stage_bars(memory, page), legend)


def _bar(sizes: Sequence[int], cells: int, page: Page) -> Text:
    bar = Text()
    for term, drawn in zip(TERMS, bar_cells(sizes, cells), strict=True):
        bar.append((term.glyph if page.unicode else term.letter) * drawn, term.colour)
    return bar


def others(layouts: Sequence[Layout]) -> list[str]:
    """The layouts after the first, a line each."""
    timed = any(layout.performance for layout in layouts)
    speed = ["tokens/s"] if timed else []
    rows = [["", "layout", "GPUs", "room", "KV tokens", "requests", "context", *speed]]
    for number, layout in enumerate(layouts, 2):
        kv, margin = layout.kv_cache, layout.fit.margin_bytes
        rows.append(
            [
                f"{number}.",
                words.layout_name(layout),
                str(layout.gpus_used),
                "" if margin is None else gib_text(margin),
                count_text(kv.tokens) if kv else "",
                f"{kv.max_concurrency:.2f}" if kv else "",
                count_text(kv.max_model_len) if kv else "",
                *([_tokens_per_s(layout)] if timed else []),
            ]
        )
    return columns(rows, left=1)


def _tokens_per_s(layout: Layout) -> str:
    speed = layout.performance
    return f"{speed.output_tokens_per_s:,.0f}" if speed and speed.output_tokens_per_s else ""


def arithmetic(steps: Sequence[MathStep]) -> Table:
    """Each formula with its numbers and its result."""
    from rich.table import Table  # few ask for the arithmetic

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(overflow="fold", max_width=24)
    grid.add_column(overflow="fold", ratio=1)
    for step in steps:
        text = Text(step.formula)
        if step.bytes is not None:
            text.append(f" = {count_text(step.bytes)} bytes ({gib_text(step.bytes, 2)})")
        numbers = words.numbers_text(step)
        text.append(f"\n{numbers}" if numbers else "")
        text.append(f"\n{step.source}" if step.source else "", "dim")
        grid.add_row(step.term, text)
    return grid
