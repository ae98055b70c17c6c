"""Costs and gains in the words of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.plan import Cost, Improvement

#: below this many dollars cents tell too little
_SMALL = 10


def usd(amount: float) -> str:
    """An amount as people write it: ``$1,204``, ``$27.52``, ``$0.0834``.

    >>> usd(1204.2), usd(27.516), usd(0.0834)
    ('$1,204', '$27.52', '$0.0834')
    """
    if amount >= 1000:  # noqa: PLR2004, cents of thousands are noise
        return f"${amount:,.0f}"
    return f"${amount:.2f}" if amount >= _SMALL else f"${amount:.3g}"


def cost_text(cost: Cost) -> str:
    """What a layout costs, and who says so."""
    words = [f"{usd(cost.usd_per_hour)} an hour"]
    if cost.usd_per_million_output_tokens is not None:
        words.append(f"{usd(cost.usd_per_million_output_tokens)} a million output tokens")
    said = ", ".join(word for word in (cost.price_source, cost.price_date) if word)
    return ", ".join(words) + (f" ({said})" if said else "")


def improvement_text(improvement: Improvement) -> str:
    """The one change that helps most, and how much."""
    return f"{improvement.change} (a request takes {100 * improvement.saves:.0f}% less)"
