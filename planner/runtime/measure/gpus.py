"""The GPUs of this host for measuring: which there are, and which are free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import UnavailableError, UsageError
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.hardware.nvml import NvmlAnswer

_VISIBLE = "CUDA_VISIBLE_DEVICES"


@frozen
class Gpus:
    """The GPUs to measure on; none where vLLM runs on the CPU."""

    entries: tuple[str, ...] = ()
    """What each is called in CUDA_VISIBLE_DEVICES."""
    places: tuple[int, ...] = ()
    """Of each, its place among the visible ones, from 0."""

    @property
    def count(self) -> int:
        """How many."""
        return len(self.entries)

    def environment(self, chosen: Sequence[int]) -> dict[str, str]:
        """The variables that show a process these GPUs alone, numbered as the driver does."""
        if not self.count:
            return {}
        names = ",".join(self.entries[i] for i in chosen)
        return {_VISIBLE: names, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def find_gpus(asked: str | None, environ: Mapping[str, str]) -> Gpus:
    """The GPUs that were asked for, or all that are visible; none on a machine without.

    Args:
        asked: places among the visible GPUs, ``0,2``, or None.
        environ: the process environment: CUDA_VISIBLE_DEVICES.

    Raises:
        UsageError: a place that is none.
    """
    visible = environ.get(_VISIBLE)
    answer = driver_answer(environ)
    if visible is not None:
        names = [name.strip() for name in visible.split(",") if name.strip()]
    elif answer is not None:
        names = [str(i) for i in range(len(answer.gpus))]
    else:
        # without the driver's library the user's own numbers are all there is
        names = [str(i) for i in range(max(_places(asked, None)) + 1)] if asked else []
    places = _places(asked, len(names)) if asked else list(range(len(names)))
    return Gpus(entries=tuple(names[i] for i in places), places=tuple(places))


def _places(asked: str, count: int | None) -> list[int]:
    try:
        places = [int(part) for part in asked.split(",") if part.strip()]
    except ValueError:
        places = []
    out = [place for place in places if place < 0 or (count is not None and place >= count)]
    if not places or out or len(set(places)) < len(places):
        there = "" if count is None else f"there are {count}, counted from 0"
        raise UsageError(
            f"--gpu-ids {asked} names no GPUs here",
            cause=there or "each is a number, given once",
            fix="--gpu-ids 0,1",
        )
    return places


def driver_answer(environ: Mapping[str, str]) -> NvmlAnswer | None:
    """What the driver says now; None without a driver, its library or a GPU."""
    # loads the driver's library
    from planner.hardware.detect import read_nvml

    try:
        return read_nvml(environ.get(_VISIBLE))
    except UnavailableError:
        return None


def facts_of(answer: NvmlAnswer | None, places: Sequence[int]) -> dict[str, Any]:
    """Name, memory and what others hold of chosen GPUs, for the results."""
    if answer is None or max(places, default=-1) >= len(answer.gpus):
        return {}
    chosen = [answer.gpus[i] for i in places]
    return {
        "driver": answer.driver,
        "gpus": [
            {
                "name": gpu.name,
                "total_bytes": gpu.total_bytes,
                "reserved_bytes": gpu.reserved_bytes,
                "used_before_bytes": gpu.used_bytes,
            }
            for gpu in chosen
        ],
    }


class Pool:
    """Which GPUs are free, by their place in ``Gpus``."""

    def __init__(self, count: int, most_cases: int | None = None) -> None:
        """All free.

        Args:
            count: GPUs; 0 on a machine without.
            most_cases: cases at a time, however many GPUs are left; one where there are none.
        """
        self._free = list(range(count))
        self._slots = most_cases or (count or 1)

    def take(self, needed: int) -> tuple[int, ...] | None:
        """That many GPUs, the lowest that lie together if there are; None if they are not free."""
        if not self._slots or needed > len(self._free):
            return None
        self._slots -= 1
        starts = range(len(self._free) - needed + 1)
        runs = [self._free[i : i + needed] for i in starts]
        joined = [run for run in runs if not run or run[-1] - run[0] == needed - 1]
        # neighbours of an even start share a switch or a bridge, where there are such
        chosen = min(joined or runs, key=lambda run: (bool(run) and run[0] % max(needed, 1), run))
        self._free = [i for i in self._free if i not in chosen]
        return tuple(chosen)

    def give(self, gpus: Sequence[int]) -> None:
        """They are free again."""
        self._slots += 1
        self._free = sorted([*self._free, *gpus])
