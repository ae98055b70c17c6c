"""What fills a GPU of each pipeline stage, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts.element import tag
from planner.report.parts.memory import TERMS, stage_rows
from planner.units import gib

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from planner.plan import Memory

_WIDTH, _LABEL, _BAR, _STEP, _LEGEND = 720.0, 78.0, 26.0, 38.0, 46.0
#: a letter is this wide at least, with air
_LETTER = 15.0


def memory_bars(memory: Memory, name: str) -> Element:
    """A bar for each run of like stages, its parts in the order of the legend below."""
    rows = stage_rows(memory)
    height = len(rows) * _STEP + _LEGEND
    return tag(
        "svg",
        tag("title", "Memory of each GPU, by what takes it", id=f"{name}-title"),
        tag("desc", _in_words(memory), id=f"{name}-desc"),
        (_row(row.stage, row.sizes, at * _STEP) for at, row in enumerate(rows)),
        _legend(len(rows) * _STEP + 12),
        viewBox=f"0 0 {_WIDTH:g} {height:g}",
        role="img",
        class_="plot",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-desc",
    )


def _in_words(memory: Memory) -> str:
    sentences = []
    for row in stage_rows(memory):
        parts = (
            f"{term.label} {gib(size):.2f}" for term, size in zip(TERMS, row.sizes, strict=True)
        )
        sentences.append(f"Stage {row.stage}, layers {row.layers}, in GiB: {', '.join(parts)}.")
    return " ".join(sentences)


def _row(stage: str, sizes: Sequence[int], y: float) -> Iterator[Element]:
    yield _text(f"stage {stage}", 0, y + 18, "label")
    real = [max(size, 0) for size in sizes]
    total, x = sum(real) or 1, _LABEL
    for term, size in zip(TERMS, real, strict=True):
        width = (_WIDTH - _LABEL) * size / total
        if size:
            yield _rect(x, y, width, _BAR, term.key)
        if width > _LETTER:
            yield _text(
                term.letter, x + width / 2, y + 18, "letter", style=f"fill: var(--on-{term.key})"
            )
        x += width


def _legend(y: float) -> Iterator[Element]:
    step = (_WIDTH - _LABEL) / len(TERMS)
    for at, term in enumerate(TERMS):
        x = _LABEL + at * step
        yield _rect(x, y, 16, 16, term.key)
        yield _text(term.letter, x + 8, y + 12, "key", style=f"fill: var(--on-{term.key})")
        yield _text(term.label, x + 21, y + 12, "label")


def _rect(x: float, y: float, width: float, height: float, key: str) -> Element:
    return tag(
        "rect",
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        width=f"{width:.1f}",
        height=f"{height:.1f}",
        class_="part",
        style=f"fill: var(--{key})",
    )


def _text(text: str, x: float, y: float, kind: str, style: str | None = None) -> Element:
    return tag("text", text, x=f"{x:.1f}", y=f"{y:.1f}", class_=kind, style=style)
