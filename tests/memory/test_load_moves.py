from __future__ import annotations

import pytest

from planner.memory.load_moves import repacked
from planner.memory.load_order import Move, Table, Unit, placed
from planner.units import MIB

LOADING = 20 * MIB
NO_LIMIT = 2**62


def layer(*moves: Move) -> Unit:
    """A layer in 4 bits: its weights of 8, 6, 65 and 32 MiB."""
    table = Table(4 * MIB, 2)
    return Unit((8 * MIB, 6 * MIB), (table,), (65 * MIB, 65 * MIB // 2), moves)


def test_units_that_move_nothing_lose_as_much_either_way() -> None:
    for limit in (LOADING, NO_LIMIT):
        for times in (1, 5, 12):
            units = ((Unit((90 * MIB,)), 1), (layer(), times))
            assert repacked(units, limit) == placed(units, limit)


def test_a_new_tensor_takes_what_an_old_one_left_and_keeps_little_of_it() -> None:
    # of three new ones of 7.5 MiB two are cut from 12 MiB, the second takes the first's old 8
    moved = Unit((8 * MIB,), (), (), (Move(0, 15 * MIB // 2),))
    assert repacked(((moved, 3),), NO_LIMIT).wasted == MIB // 2


def test_a_dropped_tensor_loses_nothing() -> None:
    dropped = Unit((8 * MIB, 24 * MIB + MIB // 2), (), (), (Move(1, 0),))
    assert repacked(((dropped, 4),), LOADING).wasted == 0


def test_a_small_tensor_may_become_a_large_one() -> None:
    grown = Unit((9 * MIB,), (), (), (Move(None, 3 * MIB),))
    assert repacked(((grown, 2),), NO_LIMIT).wasted == 0


@pytest.mark.parametrize("limit", [LOADING, NO_LIMIT])
def test_many_layers_are_told_by_a_few(limit: int) -> None:
    moves = (Move(0, 8 * MIB, 1), Move(1, 6 * MIB, 1), Move(2, 65 * MIB, 1))
    few = repacked(((layer(*moves), 12),), limit).wasted
    many = repacked(((layer(*moves), 60),), limit).wasted
    assert many == pytest.approx(5 * few, abs=6 * MIB)
