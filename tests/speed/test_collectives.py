from __future__ import annotations

import numpy as np
import pytest

from planner.speed.collectives import Curve, by_size, in_turn, ring, share


def test_a_measured_size_takes_what_was_measured_and_more_bytes_take_longer() -> None:
    curve = Curve(message_bytes=(1e4, 1e6), seconds=(5e-6, 15e-6))

    times = curve.at(np.array([1.0, 1e4, 1e5, 1e6, 2e6]))

    assert times[[0, 1, 3]] == pytest.approx([5e-6, 5e-6, 15e-6])
    assert times[2] == pytest.approx((5e-6 * 15e-6) ** 0.5)
    assert times[4] == pytest.approx(30e-6)


def test_a_ring_sends_each_byte_twice_but_for_its_own_share() -> None:
    assert ring(4, 1e-6, 100e9).at(np.array([1024.0 * 4**10])) == pytest.approx(
        1e-6 + 1.5 * 1024 * 4**10 / 100e9
    )


def test_exchanges_inside_hosts_and_between_them_add_up() -> None:
    near, far = ring(8, 5e-6, 200e9), ring(2, 30e-6, 50e9)
    size = np.array([1024.0 * 4**8])

    both = in_turn(near, share(far, 1 / 8)).at(size)

    assert both == pytest.approx(near.at(size) + far.at(size / 8), rel=1e-2)


def test_a_group_of_one_exchanges_nothing() -> None:
    groups = by_size(np.array([1, 2, 1]), {1: None, 2: ring(2, 5e-6, 100e9)})

    times = groups.seconds(np.full((3, 2), 1e4))

    assert (times[[0, 2]] == 0).all()
    assert (times[1] > 5e-6).all()
