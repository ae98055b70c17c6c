"""Layouts in rows: which columns are there, and which of them find room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.report.parts.words import VERDICTS, group_name, layout_name
from planner.units import count_text, gib_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.plan import HardwareGroup, Layout, Performance

#: between two columns
_GAP = 2


@frozen(kw_only=False)
class Column:
    """One figure of a layout."""

    name: str
    text: Callable[[Layout], str]
    rank: int
    """What is left out last where there is little room: 0 never is."""


def columns_within(
    layouts: Sequence[Layout], groups: Sequence[HardwareGroup], width: int
) -> list[Column]:
    """The columns that say something and go into a width, in their order.

    Where there are several groups of like hosts, a column names that of each layout.
    """
    boards = _boards(groups)
    on = Column("on", lambda layout: boards[layout.group], 1)
    columns = (*COLUMNS[:1], on, *COLUMNS[1:]) if len(boards) > 1 else COLUMNS
    said = [column for column in columns if any(column.text(layout) for layout in layouts)]
    kept: list[Column] = []
    left = width
    for column in sorted(said, key=lambda each: each.rank):
        wide = max(len(column.name), *(len(column.text(layout)) for layout in layouts)) + _GAP
        if wide > left and kept:
            break
        kept.append(column)
        left -= wide
    return [column for column in said if column in kept]


def _boards(groups: Sequence[HardwareGroup]) -> list[str]:
    """What tells groups apart, as short as it does: ``h100``, else ``2x8xh100-sxm5-80gb``."""
    short = [group.accelerator.partition("-")[0] for group in groups]
    return short if len(set(short)) == len(short) else [group_name(group) for group in groups]


def is_same(one: Layout, other: Layout) -> bool:
    """Whether two layouts have the same sizes, on the same hosts."""
    return (layout_name(one), one.gpus_used, one.group) == (
        layout_name(other),
        other.gpus_used,
        other.group,
    )


def _speed(write: Callable[[Performance], str]) -> Callable[[Layout], str]:
    return lambda layout: write(layout.performance) if layout.performance else ""


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f} ms"


def _room(layout: Layout) -> str:
    margin = layout.fit.margin_bytes
    return "" if margin is None else gib_text(margin)


COLUMNS = (
    Column("layout", layout_name, 0),
    Column("GPUs", lambda layout: str(layout.gpus_used), 1),
    Column(
        "tokens/s",
        _speed(lambda s: f"{s.output_tokens_per_s:,.0f}" if s.output_tokens_per_s else ""),
        2,
    ),
    Column("first token", _speed(lambda s: _ms(s.ttft_ms)), 4),
    Column("each token", _speed(lambda s: f"{s.tpot_ms:,.1f} ms" if s.tpot_ms else ""), 5),
    Column("fit", lambda layout: VERDICTS[layout.fit.verdict], 10),
    Column("room", _room, 6),
    Column("requests", lambda la: f"{la.kv_cache.max_concurrency:,.1f}" if la.kv_cache else "", 3),
    Column("KV tokens", lambda la: count_text(la.kv_cache.tokens) if la.kv_cache else "", 8),
    Column("context", lambda la: count_text(la.kv_cache.max_model_len) if la.kv_cache else "", 9),
    Column("USD/h", lambda la: f"{la.cost.usd_per_hour:,.2f}" if la.cost else "", 7),
    Column(
        "USD/Mtok",
        lambda la: (
            f"{la.cost.usd_per_million_output_tokens:,.2f}"
            if la.cost and la.cost.usd_per_million_output_tokens
            else ""
        ),
        11,
    ),
)
