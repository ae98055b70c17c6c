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
from planner.units import gib, gib_text

if TYPE_CHECKING:
    from collections.abc import Hashable

    from rich.console import RenderableType

    from planner.plan import Memory

#: a term's mark, its name and its size
_NAME, _FIGURE = 10, 6
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
        if layout is None:
            return self.view.answer.model if self.view else None
        return layout.memory, layout.fit

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
            return self._undivided()
        verdict = fit_text(layout.fit).partition(", probability")[0]
        self.say(verdict, _COLOURS[layout.fit.verdict])
        if layout.memory is None:
            return Text("no memory to show: the findings say why", "dim")
        if self.as_text:
            return table_of(by_term(layout.memory))
        width = self.scrollable_content_region.width
        return Group(*stage_bars(layout.memory, Page(width=width)), _figures(layout.memory, width))

    def _undivided(self) -> Text:
        """What is known before there are GPUs: how much there is to divide."""
        model = self.view.answer.model if self.view else None
        if model is None or model.weight_bytes is None:
            return Text("no layout yet", "dim")
        text = f"weights {gib_text(model.weight_bytes, 2)} in all"
        if model.kv_cache_bytes_per_token:
            text += f", KV cache {model.kv_cache_bytes_per_token / 1024:,.1f} KiB a token"
        return Text(f"{text}. g chooses GPUs.")


def _figures(memory: Memory, width: int) -> Table:
    """The terms of the stage with the least room, as many beside each other as there is room."""
    fullest = min(stage_rows(memory), key=lambda row: row.sizes[_KV])
    texts = [_short(gib(size)) for size in fullest.sizes]
    figure = max(_FIGURE, *map(len, texts))
    cells = [_cell(term, text.rjust(figure)) for term, text in zip(TERMS, texts, strict=True)]
    cell = 2 + _NAME + figure
    gap = 3 if width > 3 * cell else 1
    columns = max(1, min(len(cells), (width + gap) // (cell + gap)))
    grid = Table.grid(padding=(0, gap, 0, 0))
    for _ in range(columns):
        grid.add_column(no_wrap=True, width=cell)
    for first in range(0, len(cells), columns):
        grid.add_row(*cells[first : first + columns])
    return grid


def _short(size_gib: float) -> str:
    """With the digits that there is room for."""
    text = f"{size_gib:.2f}"
    return text if len(text) <= _FIGURE else f"{size_gib:.1f}"


def _cell(term: Term, figure: str) -> Text:
    """``█ weights     83.91``."""
    return Text(term.glyph, term.colour).append(f" {term.label.ljust(_NAME)}{figure}", "default")
