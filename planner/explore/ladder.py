"""The values a knob is turned through."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.explore.knob import Knob

#: of a GPU, or of requests
_SHARES = ("gpu_memory_utilization", "prefix_cache_hit_rate", "acceptance_rate")
_MOST = 1 << 20
_LEAST_TOKENS = 16
_TOKENS = ("max_model_len", "max_num_batched_tokens", "input_tokens", "output_tokens")
_MOST_REAL = 1e6
#: the least value that anybody asks for, by the name of the field
_FIRST_REAL = {"request_rate": 0.1, "ttft_ms": 50.0, "tpot_ms": 5.0, "min_throughput": 100.0}


@frozen
class Counts:
    """What holds where a request leaves it open, and how far the sizes of a layout go."""

    effective: Mapping[str, Any]
    """The value that counts, by the name of the field."""
    largest: Mapping[str, int]
    """The most that makes sense, by the name of the field."""

    def only(self, name: str) -> Counts:
        """What bears on one field."""
        effective = {name: self.effective[name]} if name in self.effective else {}
        largest = {name: self.largest[name]} if name in self.largest else {}
        return Counts(effective=effective, largest=largest)


NOTHING_COUNTS = Counts(effective={}, largest={})


def rungs(knob: Knob, counts: Counts) -> tuple[Any, ...]:
    """The values of a knob, the least first; None is not given."""
    if knob.kind == "text":
        return ()
    if knob.kind == "choice":
        open_ = (None,) if knob.default is None else ()
        return (*open_, *_known(knob))
    if knob.kind == "switch":
        return (knob.default, True)
    numbers = _numbers(knob, counts.largest.get(knob.name))
    open_ = (None,) if knob.default is None and knob.name not in counts.effective else ()
    return (*open_, *numbers)


def turned(knob: Knob, counts: Counts, value: Any, by: int) -> Any:  # noqa: ANN401
    """The value so many rungs above or below; at an end it stays."""
    ladder = rungs(knob, counts)
    if not ladder:
        return value
    if value is None:
        value = counts.effective.get(knob.name)
    if knob.kind in {"choice", "switch"}:
        at = ladder.index(value) if value in ladder else 0
        return ladder[(at + by) % len(ladder)]
    numbers = [each for each in ladder if each is not None]
    known = len(ladder) - len(numbers)
    if value is None or isinstance(value, str):
        at = -1 if value is None else len(numbers)
        place = at + by
    else:
        end = bisect_left(numbers, value) if by < 0 else bisect_right(numbers, value) - 1
        place = end + by
    place = min(max(place, -known), len(numbers) - 1)
    return None if place < 0 else numbers[place]


def place_of(knob: Knob, counts: Counts, value: Any) -> float:  # noqa: ANN401
    """Where a value stands on its ladder: 0 at the foot, 1 at the top."""
    numbers = [each for each in rungs(knob, counts) if isinstance(each, int | float)]
    if value is None:
        value = counts.effective.get(knob.name)
    if not isinstance(value, int | float) or len(numbers) < 2:  # noqa: PLR2004 - a line has two ends
        return 0.0
    return min(bisect_left(numbers, value) / (len(numbers) - 1), 1.0)


def _known(knob: Knob) -> tuple[Any, ...]:
    """A choice's own words, and its default where that is another."""
    extra = () if knob.default is None or knob.default in knob.choices else (knob.default,)
    return (*extra, *knob.choices)


def _numbers(knob: Knob, most: int | None) -> list[Any]:
    if knob.name in _SHARES:
        return [hundredth / 100 for hundredth in range(1, 100)]
    if knob.kind == "real":
        first = _FIRST_REAL.get(knob.name, 1.0)
        return [value for value in _decades() if value >= first]
    least = _LEAST_TOKENS if knob.name in _TOKENS else 1
    below = [0] if knob.default == 0 else []
    return below + _doublings(least, most or _MOST, also=most)


def _doublings(least: int, most: int, also: int | None) -> list[int]:
    """Powers of two, and what lies half-way between them."""
    powers = [1 << k for k in range(most.bit_length())]
    halfway = [power + power // 2 for power in powers if power > 1]
    wanted = {*powers, *halfway, *(() if also is None else (also,))}
    return sorted(size for size in wanted if least <= size <= most)


def _decades() -> list[float]:
    """1, 2, 3, 5, 7 of every power of ten."""
    values: list[float] = []
    power = min(_FIRST_REAL.values())
    while power <= _MOST_REAL:
        values += [round(power * digit, 6) for digit in (1, 1.5, 2, 3, 5, 7)]
        power *= 10
    return values
