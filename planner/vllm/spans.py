"""Releases by number, and the spans of them in which something holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cache
from typing import TYPE_CHECKING

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

ReleaseNumber = tuple[int, int, int]

#: stands for the last patch of a release whose patch nobody names
LAST_PATCH = 999


def release_number(name: str, patch: int = 0) -> ReleaseNumber:
    """Major, minor and patch, for comparing; ``patch`` where the name has none.

    What follows the numbers is left out: a ``.post1`` or ``rc2`` is judged as its release.

    Raises:
        ValueError: the name is no release.

    >>> release_number("0.8.5.post1"), release_number("v0.11"), release_number("0.20.1rc0")
    ((0, 8, 5), (0, 11, 0), (0, 20, 1))
    """
    major, minor, *rest = name.removeprefix("v").split("+")[0].split(".")
    digits = "".join(_leading_digits(rest[0])) if rest else ""
    return int(major), int(minor), int(digits) if digits else patch


def _leading_digits(text: str) -> str:
    return text[: len(text) - len(text.lstrip("0123456789"))]


def release_name(release: ReleaseNumber) -> str:
    """As it is written: without a patch that nobody named."""
    return ".".join(map(str, release if release[2] != LAST_PATCH else release[:2]))


def judged_by(asked: ReleaseNumber, read: Sequence[ReleaseNumber]) -> tuple[ReleaseNumber, ...]:
    """The releases that were read and stand for the one asked.

    The newest patch up to it; where its minor release was not read, those on both sides.
    ``read`` is in order.
    """
    at = bisect_right(read, asked)
    if at and read[at - 1][:2] == asked[:2]:
        return (read[at - 1],)
    return tuple(read[max(bisect_left(read, asked) - 1, 0) : at + 1])


@frozen
class Spans:
    """In which releases something holds: from a first one to a last one, or on."""

    bounds: tuple[tuple[ReleaseNumber, ReleaseNumber | None], ...] = ()

    @classmethod
    @cache  # hundreds of options share a few dozen spans
    def of(cls, text: str) -> Spans:
        """From text: ``0.6.0``, ``0.6.0-0.7.2,0.8.4``."""
        pairs = (span.partition("-") for span in text.split(",") if span)
        return cls(
            bounds=tuple(
                (release_number(first), release_number(last) if last else None)
                for first, _, last in pairs
            )
        )

    def __str__(self) -> str:
        """As ``of`` reads it."""
        return ",".join(
            release_name(first) + (f"-{release_name(last)}" if last else "")
            for first, last in self.bounds
        )

    def holds(self, releases: Sequence[ReleaseNumber]) -> bool:
        """Whether it holds in any of some releases."""
        return any(
            first <= release and (last is None or release <= last)
            for first, last in self.bounds
            for release in releases
        )

    def next_after(self, release: ReleaseNumber) -> ReleaseNumber | None:
        """The first release after this one that has it."""
        return next((first for first, _ in self.bounds if first > release), None)

    def last_before(self, release: ReleaseNumber) -> ReleaseNumber | None:
        """The last release before this one that had it."""
        ends = [last for _, last in self.bounds if last is not None and last < release]
        return ends[-1] if ends else None

    def observed(self, release: ReleaseNumber, before: ReleaseNumber | None, *, has: bool) -> Spans:
        """With one more release, newer than all so far; ``before`` is the newest of those."""
        is_open = bool(self.bounds) and self.bounds[-1][1] is None
        if has == is_open:
            return self
        if has:
            return Spans(bounds=(*self.bounds, (release, None)))
        return Spans(bounds=(*self.bounds[:-1], (self.bounds[-1][0], before)))
