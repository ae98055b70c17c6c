from __future__ import annotations

import numpy as np
import pytest

from planner.constants import Constant, term
from planner.memory.non_torch import (
    non_torch_bytes,
    outside_budget_bytes,
    runner_state_bytes,
)
from planner.units import GIB, MIB

STATE = 500 * MIB


def inside(version: tuple[int, int], family: str = "hopper") -> dict[str, Constant]:
    return term("non_torch", version, family, "v2")


def outside(version: tuple[int, int], family: str = "hopper") -> dict[str, Constant]:
    return term("outside_budget", version, family, "v2")


def test_the_second_runner_counts_every_token_of_every_request_on_the_last_stage() -> None:
    first, last = np.array([[True, False, False]]), np.array([[False, False, True]])
    state = runner_state_bytes(
        sequences=256,
        tokens=2048,
        vocabulary=152064,
        hidden=5120,
        dtype_bytes=2,
        first=first,
        last=last,
    )
    received = 2 * 2048 * 5120 * 2
    counts = 256 * (152064 * 4 + 2 * 152064 // 8)
    assert state.tolist() == [[0, received, received + counts]]


@pytest.mark.parametrize(("version", "counted"), [((0, 26), 0), ((0, 27), STATE), ((0, 33), STATE)])
def test_the_runners_tensors_count_from_027_on(version: tuple[int, int], counted: int) -> None:
    plain = non_torch_bytes(inside(version), tp=1, pp=1)
    full = non_torch_bytes(inside(version), tp=1, pp=1, runner_state=STATE)
    assert full.mid.item() - plain.mid.item() == counted


def test_only_compiled_tensor_groups_behind_a_switch_make_the_fused_workspace() -> None:
    tp, pp = np.array([1, 2, 1]), np.array([1, 1, 2])
    fused = non_torch_bytes(inside((0, 19)), tp=tp, pp=pp).mid
    eager = non_torch_bytes(inside((0, 19)), tp=tp, pp=pp, fuses_all_reduce=False).mid
    cards = non_torch_bytes(inside((0, 19)), tp=tp, pp=pp, switched=False).mid
    older_board = non_torch_bytes(inside((0, 19), "cuda"), tp=tp, pp=pp).mid
    assert (fused[1] > 1.9 * GIB, fused[2] < 0.2 * GIB) == (True, True)
    assert eager[1] == cards[1] == eager[2] < 0.2 * GIB
    assert older_board[1] < 0.2 * GIB


def test_a_context_grows_with_the_board_and_communicators_come_with_company() -> None:
    small, large = (
        outside_budget_bytes(outside((0, 29), "cuda"), multiprocessors=boards, tp=1, pp=1)
        for boards in (58, 188)
    )
    assert small.low.item() < 0.19 * GIB < small.high.item()  # L4
    assert large.low.item() < 0.56 * GIB < large.high.item()  # RTX PRO 6000
    several = outside_budget_bytes(outside((0, 26)), multiprocessors=132, tp=4, pp=1)
    assert several.mid.item() / GIB == pytest.approx(1.46, rel=0.05)  # H200


def test_a_t4_needs_its_context_beside_ninety_five_percent() -> None:
    context = outside_budget_bytes(outside((0, 33), "turing"), multiprocessors=40, tp=1, pp=1)
    assert context.high.item() < 0.05 * 14.56 * GIB
