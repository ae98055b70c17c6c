"""What a layout costs, at a price with a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner import plan
from planner.hardware.prices import own_prices, price_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.hardware.catalog import Catalog
    from planner.hardware.group import NodeGroup
    from planner.hardware.prices import OwnPrice, Price
    from planner.request import Request
    from planner.resolve import Subject

_SECONDS_OF_AN_HOUR = 3600
_MILLION = 10**6


def price_in(subject: Subject, group: NodeGroup, catalog: Catalog | None = None) -> Price | None:
    """The price of a GPU of a group; None where nobody says one.

    ``catalog`` is one that was read before, for who asks often.
    """
    return price_of(group, paid(subject.request), catalog)


def paid(request: Request) -> tuple[OwnPrice, ...]:
    """What the user says GPUs cost: typed, and of the project's file."""
    return (*own_prices(request.goal.price), *request.prices)


def unpriced(subject: Subject, groups: Iterable[NodeGroup]) -> tuple[str, ...]:
    """Which of some groups have no price, in words."""
    ids = dict.fromkeys(g.accelerator.id for g in groups if price_in(subject, g) is None)
    return tuple(
        f"no price of {board} is known: --price USD says what one costs an hour" for board in ids
    )


def with_cost(layout: plan.Layout, price: Price | None) -> plan.Layout:
    """The layout with the cost of its own GPUs; of a token where its speed is known."""
    rate = layout.performance.output_tokens_per_s if layout.performance else None
    cost = cost_of(layout.gpus_used, rate, price)
    return layout.model_copy(update={"cost": cost}) if cost else layout


def cost_of(gpus: int, output_tokens_per_s: float | None, price: Price | None) -> plan.Cost | None:
    """What GPUs cost, and a million output tokens of theirs; prompts are paid with them."""
    if price is None:
        return None
    usd_per_hour = gpus * price.usd_per_gpu_hour
    per_million = None
    if output_tokens_per_s:
        per_million = usd_per_hour / (output_tokens_per_s * _SECONDS_OF_AN_HOUR) * _MILLION
    return plan.Cost.model_construct(
        usd_per_hour=round(usd_per_hour, 4),
        usd_per_million_output_tokens=None if per_million is None else round(per_million, 4),
        price_source=price.source,
        price_date=price.date,
    )
