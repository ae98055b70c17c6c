"""What fills a GPU, stage by stage: rows for a table, and bars."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.units import gib

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.plan import Memory, Stage


@frozen(kw_only=False)
class Term:
    """One thing that takes memory."""

    key: str
    label: str
    glyph: str
    """How it is drawn; unlike the others without colour."""
    letter: str
    """The same in plain ASCII."""
    colour: str


TERMS = (
    Term("weights_bytes", "weights", "█", "W", "blue"),
    Term("activation_bytes", "activation", "▓", "A", "magenta"),
    Term("cuda_graph_bytes", "graphs", "▒", "G", "yellow"),
    Term("non_torch_bytes", "non-torch", "░", "N", "red"),
    Term("kv_cache_bytes", "KV cache", "▪", "K", "green"),
    Term("outside_budget_bytes", "outside", "▫", "O", "cyan"),
    Term("free_bytes", "free", "·", ".", "white"),
)


@frozen
class StageRow:
    """Neighbouring stages whose GPUs are filled alike."""

    stage: str
    """``0``, or ``1-6``."""
    layers: str
    sizes: tuple[int, ...]
    """Bytes, in the order of ``TERMS``."""


def stage_rows(memory: Memory) -> list[StageRow]:
    """One row for each run of stages that take the same."""
    numbered = list(enumerate(memory.stages))
    return [_row(list(run)) for _, run in groupby(numbered, key=lambda pair: _sizes(pair[1]))]


def _sizes(stage: Stage) -> tuple[int, ...]:
    return tuple(getattr(stage, term.key) for term in TERMS)


def _row(run: Sequence[tuple[int, Stage]]) -> StageRow:
    (first, opening), (last, closing) = run[0], run[-1]
    return StageRow(
        stage=f"{first}" if first == last else f"{first}-{last}",
        layers=f"{opening.layers[0]}-{closing.layers[1]}",
        sizes=_sizes(opening),
    )


def bar_cells(sizes: Sequence[int], cells: int) -> list[int]:
    """Cells of a bar for each size: in proportion, and none that is there stays unseen.

    A size below zero is drawn as nothing; the cells always sum to ``cells``.

    >>> bar_cells([70, 1, 29], 10)
    [7, 1, 2]
    """
    real = [max(size, 0) for size in sizes]
    total = sum(real)
    if total == 0:
        return [0] * len(sizes)
    drawn = [max(1, round(size * cells / total)) if size else 0 for size in real]
    while sum(drawn) != cells:
        step = 1 if sum(drawn) < cells else -1
        # the part that is furthest from its due gives or takes a cell
        due = [size * cells / total - have for size, have in zip(real, drawn, strict=True)]
        able = [i for i, have in enumerate(drawn) if real[i] and have + step >= 1]
        if not able:
            break
        worst = max(able, key=lambda i: step * due[i])
        drawn[worst] += step
    return drawn


def uncertain(memory: Memory) -> dict[str, tuple[int, int]]:
    """Low and high of the uncertain terms on the stage with the least room, by label."""
    labels = {term.key: term.label for term in TERMS}
    return {labels.get(key, key): bounds for key, bounds in tightest(memory).interval.items()}


def tightest(memory: Memory) -> Stage:
    """The stage with the least room: it decides what the whole layout holds."""
    return min(memory.stages, key=lambda stage: stage.kv_cache_bytes)


def by_term(memory: Memory) -> list[tuple[str, ...]]:
    """A row for each thing that takes memory, a column for each run of like stages, in GiB.

    The last column is the interval on the stage with the least room.
    """
    runs = stage_rows(memory)
    bounds = uncertain(memory)
    head = ("GiB", *(f"st. {run.stage}" for run in runs), "from", "to")
    rows = [head]
    for at, term in enumerate(TERMS):
        between = [f"{gib(end):.2f}" for end in bounds.get(term.label, ())] or ["", ""]
        rows.append((term.label, *(f"{gib(run.sizes[at]):.2f}" for run in runs), *between))
    return rows
