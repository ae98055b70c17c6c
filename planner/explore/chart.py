"""Curves as points of a plane, with axes one can read and the same points as a table."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Literal

from planner.frozen import frozen
from planner.units import count_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.explore.load import LoadPoint
    from planner.explore.look import View
    from planner.plan import ContextPoint

Role = Literal["now", "band", "pin", "limit", "mark", "pin mark"]
_K = 1024
#: of an axis, beyond its ends, so that a mark there is seen whole
_MARGIN = 0.04


@frozen
class Line:
    """Points to be joined, or a mark where there is one."""

    name: str
    role: Role
    x: tuple[float, ...]
    y: tuple[float, ...]


@frozen
class Axis:
    """What is along an edge, and where which figure stands."""

    name: str
    ticks: tuple[tuple[float, str], ...]

    @property
    def ends(self) -> tuple[float, float]:
        """A little before the first place, and after the last."""
        first, last = self.ticks[0][0], self.ticks[-1][0]
        margin = _MARGIN * (last - first)
        return first - margin, last + margin


@frozen
class Chart:
    """A plot, and what it says in words."""

    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    rows: tuple[tuple[str, ...], ...]
    """The same as a table, its headings first."""
    sentence: str
    """What is to be seen."""


def context_chart(view: View, pin: View | None) -> Chart | None:
    """Requests at a time against their length, both by powers; None where no cache is kept."""
    points = _context(view)
    kv = view.layout.kv_cache if view.layout else None
    if not points or kv is None:
        return None
    lines = [_curve(view, "now", "now")]
    if pin is not None and _context(pin):
        lines.append(_curve(pin, "A", "pin"))
    wanted = view.request.workload.concurrency
    lengths = [point.tokens for point in points]
    if wanted is not None:
        ends = (log10(lengths[0]), log10(lengths[-1]))
        lines.append(Line(name="asked", role="limit", x=ends, y=(log10(wanted), log10(wanted))))
    if kv.max_concurrency > 0 and kv.max_model_len > 0:
        at = (log10(kv.max_model_len),), (log10(kv.max_concurrency),)
        lines.append(Line(name="longest request", role="mark", x=at[0], y=at[1]))
    heights = [value for line in lines for value in line.y]
    return Chart(
        x=Axis(name="tokens of a request", ticks=_doublings(lengths)),
        y=Axis(name="requests", ticks=_powers(min(heights), max(heights))),
        lines=tuple(lines),
        rows=(
            ("tokens of each", "requests", "from", "to"),
            *(
                (count_text(p.tokens), *(_short(n) for n in (p.requests, *p.interval)))
                for p in points
            ),
        ),
        sentence=f"{kv.max_concurrency:,.1f} requests of {tokens_text(kv.max_model_len)} tokens",
    )


def _context(view: View) -> list[ContextPoint]:
    """The lengths that at least a part of a request has room for."""
    points = view.curves.context if view.curves else ()
    return [point for point in points if point.requests > 0]


def _curve(view: View, name: str, role: Role) -> Line:
    points = _context(view)
    return Line(
        name=name,
        role=role,
        x=tuple(log10(point.tokens) for point in points),
        y=tuple(log10(point.requests) for point in points),
    )


def load_chart(view: View, pin: View | None) -> Chart | None:
    """Output tokens a second against the wait for each; None where speed is not predicted."""
    points = view.load
    speed = view.layout.performance if view.layout else None
    if not points or speed is None or not speed.output_tokens_per_s or not speed.tpot_ms:
        return None
    curves = [_load_curve(points, "now", "now")]
    curves += [_load_curve(pin.load, "A", "pin")] if pin is not None and pin.load else []
    waits = [value for line in curves for value in line.x]
    rates = [value for line in curves for value in line.y]
    y = Axis(name="tokens/s", ticks=_powers(min(rates), max(rates)))
    lines = [*curves, *_marks(view, y)]
    limit = view.request.workload.tpot_ms
    wanted = [] if limit is None else [log10(limit)]
    return Chart(
        x=Axis(name="ms a token", ticks=_steps(min([*waits, *wanted]), max([*waits, *wanted]))),
        y=y,
        lines=tuple(lines),
        rows=_load_rows(points),
        sentence=f"{speed.output_tokens_per_s:,.0f} tokens/s, {speed.tpot_ms:,.0f} ms each",
    )


def _load_curve(points: Sequence[LoadPoint], name: str, role: Role) -> Line:
    return Line(
        name=name,
        role=role,
        x=tuple(log10(1000 * point.tpot_s) for point in points),
        y=tuple(log10(point.output_tokens_per_s) for point in points),
    )


def _marks(view: View, y: Axis) -> Iterator[Line]:
    """The load that is asked, and the longest wait that is accepted."""
    limit = view.request.workload.tpot_ms
    if limit is not None:
        at = log10(limit)
        yield Line(name="longest wait", role="limit", x=(at, at), y=(y.ticks[0][0], y.ticks[-1][0]))
    speed = view.layout.performance if view.layout else None
    if speed is not None and speed.tpot_ms and speed.output_tokens_per_s:
        place = (log10(speed.tpot_ms),), (log10(speed.output_tokens_per_s),)
        yield Line(name="this load", role="mark", x=place[0], y=place[1])


def _load_rows(points: Sequence[LoadPoint]) -> tuple[tuple[str, ...], ...]:
    head = ("in flight", "tokens/s", "each ms", "first ms", "limited by", "from", "to")
    return (
        head,
        *(
            (
                count_text(point.concurrency),
                _short(point.output_tokens_per_s),
                *(_short(1000 * wait) for wait in (point.tpot_s, point.ttft_s)),
                point.limited_by.replace("_", " "),
                *map(_short, point.interval),
            )
            for point in points
        ),
    )


def _steps(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """1, 2 and 5 of the powers of ten around two ends, each given by its logarithm."""
    values = (digit * 10.0**power for power in range(floor(low) - 1, 7) for digit in (1, 2, 5))
    places = [(log10(value), _short(value)) for value in values]
    first = max((at for at, (place, _) in enumerate(places) if place <= low), default=0)
    last = next(at for at, (place, _) in enumerate(places) if place >= high)
    return tuple(places[first : max(last, first + 1) + 1])


def _doublings(lengths: Sequence[int]) -> tuple[tuple[float, str], ...]:
    """The shortest length and every one that is four times the one before."""
    ticks = [(log10(lengths[0]), tokens_text(lengths[0]))]
    last = lengths[0]
    for length in lengths:
        if length >= 4 * last:
            ticks.append((log10(length), tokens_text(length)))
            last = length
    if last != lengths[-1]:
        ticks.append((log10(lengths[-1]), tokens_text(lengths[-1])))
    return tuple(ticks)


def _powers(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Whole powers of ten around two ends, each given by its logarithm."""
    first, last = floor(low), -floor(-high)
    return tuple((float(p), _short(10.0**p)) for p in range(first, max(last, first + 1) + 1))


def tokens_text(tokens: int) -> str:
    """A length as people say it: ``32k`` of 32,768.

    >>> tokens_text(32768), tokens_text(163840), tokens_text(1000)
    ('32k', '160k', '1,000')
    """
    return f"{tokens // _K}k" if tokens % _K == 0 else count_text(tokens)


def _short(number: float) -> str:
    """A figure without digits that say nothing."""
    whole = 10
    return f"{number:,.0f}" if number >= whole else f"{number:,.3g}"
