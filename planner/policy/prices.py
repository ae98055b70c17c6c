"""A project's own prices, as answers take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.hardware import lookup
from planner.hardware.catalog import Catalog
from planner.hardware.prices import OwnPrice

if TYPE_CHECKING:
    from planner.policy.policy import Policy, Prices

#: the name of what is paid for boards that are not named
_DEFAULT = "default"
_DOLLARS = "USD"


def paid_by(policy: Policy) -> tuple[OwnPrice, ...]:
    """The prices of a policy, in US dollars.

    Raises:
        InvalidInputError: no price, or a currency whose worth is not said.
        UnknownNameError: a board that nobody knows.
    """
    prices = policy.prices
    foreign = prices.currency.upper() != _DOLLARS
    if foreign and prices.usd == 1:
        raise InvalidInputError(
            f"[prices] is in {prices.currency}, and what that is worth is not said",
            cause="answers are in US dollars",
            fix=f"usd = 1.08, the dollars that one {prices.currency} is worth",
        )
    return tuple(_own(prices, name, foreign=foreign) for name in prices.per_gpu_hour)


def _own(prices: Prices, name: str, *, foreign: bool) -> OwnPrice:
    amount = prices.per_gpu_hour[name]
    if amount <= 0 or prices.usd <= 0:
        raise InvalidInputError(
            f"[prices] has no price for {name}: {amount:g} at {prices.usd:g}",
            fix="a number above 0, of a GPU and hour",
        )
    told = f", {prices.currency} {amount:g} at {prices.usd:g}" if foreign else ""
    return OwnPrice(
        name=None if name == _DEFAULT else _id_of(name),
        usd_per_gpu_hour=amount * prices.usd,
        source=f"planner.toml{told}",
        date=prices.date.isoformat() if prices.date else None,
    )


def _id_of(name: str) -> str:
    found = lookup.find(Catalog.default(), name)
    return found.node.id if found.node else found.accelerator.id
