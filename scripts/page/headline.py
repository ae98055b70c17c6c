"""The figures that are promised, with what is aimed at and what is guarded: told in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ["figure", "reached", "goal", "limit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A figure that may not get worse than the committed page has it.

    Attributes:
        name: as the page has it, with its unit.
        value: rounded as the page prints it.
        goal: what is aimed at; None: nothing but to get better.
        limit: the worst value that is allowed at all, whatever the page says; None where the page
            alone guards.
        higher_is_better: False for errors.
        digits: that the page prints behind the point.
    """

    name: str
    value: float
    goal: float | None = None
    limit: float | None = None
    higher_is_better: bool = True
    digits: int = 2

    def worse_than(self, value: float | None) -> bool:
        """Whether it is worse than another value."""
        if value is None:
            return False
        return self.value < value if self.higher_is_better else self.value > value

    @property
    def passed(self) -> bool:
        """Whether it keeps its limit."""
        return not self.worse_than(self.limit)

    @property
    def shown(self) -> str:
        """Its value as text."""
        return f"{self.value:.{self.digits}f}"

    @property
    def cells(self) -> list[str]:
        """Its row on the page."""
        word = "at least" if self.higher_is_better else "at most"
        bounds = ("" if end is None else f"{word} {end:g}" for end in (self.goal, self.limit))
        return [self.name, self.shown, *bounds]

    @property
    def reached(self) -> bool:
        """Whether it is as good as is aimed at."""
        return not self.worse_than(self.goal)


def failures(found: list[Headline], before: Mapping[str, float]) -> list[str]:
    """What is worse than before, or than its limit, a sentence each."""
    return [
        f"{each.name}: {each.shown}, the page says {before[each.name]:g}"
        for each in found
        if each.worse_than(before.get(each.name))
    ] + [f"{each.name}: {each.shown}, limit {each.limit:g}" for each in found if not each.passed]
