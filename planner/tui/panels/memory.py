"""What fills the GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text

from planner.report.base import Page
from planner.report.parts.memory import TERMS, Term, by_term, stage_rows
from planner.report.parts.tables import stage_bars
from planner.report.parts.words import fit_text
from planner.tui.panels.panel import TextPanel, table_of
from planner.units import gib

if TYPE_CHECKING:
    from collections.abc import Hashable

    from rich.console import RenderableType

    from planner.plan import Memory

#: a term's mark, its name and its size
_NAME, _FIGURE = 10, 6
_CELL = 2 + _NAME + _FIGURE
#: the theme's own, which are to be read on its ground
_COLOURS = {"fits": "$text-success", "uncertain": "$text-warning", "does_not_fit": "$text-error"}
_KV = next(at for at, term in enumerate(TERMS) if term.key == "kv_cache_bytes")


class MemoryPanel(TextPanel):
    """A bar for each pipeline stage, and what its parts come to on the fullest."""

    TITLE: ClassVar[str] = "GPU memory"
    HELP: ClassVar[str] = (
        "Each bar is one GPU of a pipeline stage: its fullest rank. The budget is vLLM's share of "
        "the GPU (`--gpu-memory-utilization`); what weights, activation, graphs and the rest leave "
        "of it is the KV cache. The figures are GiB of the stage with the least room, which "
        "decides. `t` shows all stages, with intervals."
    )

    def __init__(self, id: str) -> None:  # noqa: A002 - as textual calls it
        super().__init__(id)
        self._height = 0

    def key(self) -> Hashable:
        """The layout's memory."""
        layout = self.view.layout if self.view else None
        return (layout.memory, layout.fit) if layout else None

    def paint(self) -> None:
        """As high as its lines."""
        super().paint()
        height = len(self._lines) + 1
        if self._height != height:
            self._height = self.styles.height = height

    def text(self) -> RenderableType:
        """Bars and figures, or figures alone."""
        layout = self.view.layout if self.view else None
        if layout is None:
            self.say("")
            return Text("no layout yet", "dim")
        verdict = fit_text(layout.fit).partition(", probability")[0]
        self.say(f"[{_COLOURS[layout.fit.verdict]}]{verdict}[/]")
        if layout.memory is None:
            return Text("no memory to show: the findings say why", "dim")
        if self.as_text:
            return table_of(by_term(layout.memory))
        width = self.scrollable_content_region.width
        return Group(*stage_bars(layout.memory, Page(width=width)), _figures(layout.memory, width))


def _figures(memory: Memory, width: int) -> Table:
    """The terms of the stage with the least room, as many beside each other as there is room."""
    fullest = min(stage_rows(memory), key=lambda row: row.sizes[_KV])
    cells = [_cell(term, size) for term, size in zip(TERMS, fullest.sizes, strict=True)]
    gap = 3 if width > 2 * _CELL + _CELL else 1
    columns = max(1, min(len(cells), (width + gap) // (_CELL + gap)))
    grid = Table.grid(padding=(0, gap, 0, 0))
    for _ in range(columns):
        grid.add_column(no_wrap=True, width=_CELL)
    for first in range(0, len(cells), columns):
        grid.add_row(*cells[first : first + columns])
    return grid


def _cell(term: Term, size_bytes: int) -> Text:
    """``█ weights     83.91``."""
    figure = f"{gib(size_bytes):.2f}".rjust(_FIGURE)
    return Text(term.glyph, term.colour).append(f" {term.label.ljust(_NAME)}{figure}", "default")
