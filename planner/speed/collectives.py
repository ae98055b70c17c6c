"""How long ranks take to exchange a message: measured curves, or a link's latency and rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.units import Floats, Ints


@frozen
class Curve:
    """Seconds of an all-reduce by message size; both rise."""

    message_bytes: tuple[float, ...]
    seconds: tuple[float, ...]

    def at(self, message_bytes: Floats) -> Floats:
        """Between two sizes along a straight line of logarithms; beyond the last by its rate."""
        sizes, times = np.log(self.message_bytes), np.log(self.seconds)
        most = self.message_bytes[-1]
        inside = np.exp(np.interp(np.log(np.maximum(message_bytes, 1.0)), sizes, times))
        beyond: Floats = inside * np.maximum(message_bytes / most, 1.0)
        return beyond


@frozen
class Groups:
    """The groups of ranks of a table: which curve each row's group follows."""

    curves: tuple[Curve | None, ...]
    """None: a group of one, which exchanges nothing"""
    of: Ints
    """Int64[rows]"""

    def seconds(self, message_bytes: Floats) -> Floats:
        """Of one all-reduce of each row: Float64[rows, loads]."""
        times = np.zeros_like(message_bytes)
        for number, curve in enumerate(self.curves):
            rows = self.of == number
            if curve is not None and rows.any():
                times[rows] = curve.at(message_bytes[rows])
        return times


#: sizes at which a curve is made of a latency and a rate
_SIZES = tuple(float(1024 * 4**step) for step in range(11))


def ring(gpus: int, latency_s: float, bytes_per_s: float) -> Curve:
    """An all-reduce over ``gpus`` ranks: each byte goes twice around, but for its own share.

    ``bytes_per_s`` is the bus bandwidth, as nccl-tests counts it.

    >>> round(ring(8, 5e-6, 200e9).at(np.array([1e6]))[0] * 1e6)
    14
    """
    steps = 2 * (gpus - 1) / gpus
    times = (latency_s + steps * size / bytes_per_s for size in _SIZES)
    return Curve(message_bytes=_SIZES, seconds=tuple(times))


def in_turn(*curves: Curve) -> Curve:
    """One exchange after the other, such as inside hosts and between them."""
    times = sum(curve.at(np.array(_SIZES)) for curve in curves)
    return Curve(message_bytes=_SIZES, seconds=tuple(np.asarray(times).tolist()))


def share(curve: Curve, part: float) -> Curve:
    """The same exchange of a part of each message."""
    times = curve.at(np.array(_SIZES) * part)
    return Curve(message_bytes=_SIZES, seconds=tuple(times.tolist()))


def by_size(sizes: Ints, curves: Mapping[int, Curve | None]) -> Groups:
    """Groups of these sizes."""
    known = tuple(curves)
    index = {size: number for number, size in enumerate(known)}
    of = np.array([index[size] for size in sizes.tolist()], dtype=np.int64)
    return Groups(curves=tuple(curves[size] for size in known), of=of)
