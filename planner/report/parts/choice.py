"""What is bought and what is chosen from: rows of cells for a table of any format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts.gains import usd
from planner.report.parts.words import layout_name
from planner.units import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.plan import ParetoPoint, Purchase

_HEAD = ("hardware", "GPUs", "servers", "each", "TTFT ms", "TPOT ms", "tokens/s", "$/hour", "$/M")


def offers(purchases: Sequence[Purchase]) -> list[list[str]]:
    """What serves the load that was asked about, the cheapest first."""
    asked = [each for each in purchases if each.load == 1]
    rows = [[f"{place}.", *_cells(each)] for place, each in enumerate(asked, 1)]
    return [["", *_HEAD], *rows]


def grown(purchases: Sequence[Purchase]) -> list[list[str]]:
    """The cheapest for each larger load; empty where none was asked about."""
    larger = [each for each in purchases if each.load != 1]
    rows = [[f"{each.load:g}x", *_cells(each)] for each in larger]
    return [["load", *_HEAD], *rows] if rows else []


def _cells(bought: Purchase) -> list[str]:
    speed, cost = bought.performance, bought.cost
    spare = f"+{bought.spare_servers}" if bought.spare_servers else ""
    doubt = "" if bought.meets == "surely" else " may miss"
    per_million = cost.usd_per_million_output_tokens if cost else None
    return [
        bought.gpus,
        count_text(bought.gpus_bought),
        f"{bought.servers}{spare}",
        layout_name(bought),
        _number(speed.ttft_ms if speed else None, 0) + doubt,
        _number(speed.tpot_ms if speed else None, 1),
        _number(speed.output_tokens_per_s if speed else None, 0),
        usd(cost.usd_per_hour).removeprefix("$") if cost else "no price",
        "" if per_million is None else usd(per_million).removeprefix("$"),
    ]


def front(points: Sequence[ParetoPoint]) -> list[list[str]]:
    """Throughput of each GPU against the time for each token."""
    head = ["layout", "GPUs", "requests", "TPOT ms", "TTFT ms", "tokens/s a GPU", ""]
    rows = [
        [
            layout_name(point),
            str(point.gpus_used),
            count_text(point.concurrency),
            f"{point.tpot_ms:.1f}",
            f"{point.ttft_ms:,.0f}",
            f"{point.output_tokens_per_s_per_gpu:,.0f}",
            "knee" if point.knee else "",
        ]
        for point in points
    ]
    return [head, *rows]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
