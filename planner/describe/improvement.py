"""Which one change would help a layout most at the named load: by the rules that advise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from planner import plan, plugins
from planner.rules.base import RULES, LayoutRule
from planner.rules.parts.gain import load_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.case import Case
    from planner.rules.parts.gain import Floats

_SPEED = "PRF"
#: less than this is nothing
_LEAST = 0.01


class _Advice(LayoutRule, Protocol):
    """A rule that knows what its change gains."""

    def gain(self, case: Case) -> Floats:
        """Share of a request's time, by row."""
        ...


def improvements(case: Case, rows: Sequence[int]) -> list[plan.Improvement | None]:
    """The best change of each of some rows; None where no load is named or nothing helps."""
    if not load_named(case):
        return [None] * len(rows)
    advice = _advice()
    gains = np.stack([rule.gain(case) for rule in advice])
    best = gains.argmax(axis=0)
    return [_of(case, row, advice[best[row]], float(gains[best[row], row])) for row in rows]


def _of(case: Case, row: int, rule: _Advice, share: float) -> plan.Improvement | None:
    if share < _LEAST:
        return None
    why = rule.explain(case, row)
    return plan.Improvement.model_construct(
        code=rule.CODE, change=why.fix, message=why.message, saves=round(share, 3)
    )


def _advice() -> list[_Advice]:
    names = (name for name in plugins.names(RULES) if name.upper().startswith(_SPEED))
    found = (plugins.load(RULES, name) for name in names)
    return [cast("_Advice", rule) for rule in found if hasattr(rule, "gain")]
