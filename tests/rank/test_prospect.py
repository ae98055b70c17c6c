"""At what load rows are compared, and what tells them apart."""

from __future__ import annotations

from typing import Any

import pytest

from planner.goal import Goal
from planner.layout import Layouts
from planner.rank.preference import ALIKE, ALIKE_AT_A_GUESS
from planner.rank.prospect import prospect
from planner.request import request
from planner.resolve import resolve, table


@pytest.mark.parametrize(
    ("load", "alike"),
    [({}, ALIKE_AT_A_GUESS), ({"concurrency": 64}, ALIKE), ({"tpot_ms": 30}, ALIKE)],
)
def test_small_differences_count_where_the_load_is_no_guess(
    load: dict[str, Any], alike: float
) -> None:
    asked = request(model="Qwen/Qwen3-8B", gpus="H100", offline=True, calibration=False, **load)
    subject = resolve(asked, {})
    case = table(subject, subject.groups[0], Layouts.one())

    assert prospect(case, Goal()).alike == alike
