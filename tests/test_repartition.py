"""Divisions of layers over stages, tried for several rows at once."""

from __future__ import annotations

import numpy as np
import pytest

from planner.judged import judge_candidates
from planner.repartition import repartitioned
from planner.request import request
from planner.resolve import resolve


@pytest.mark.parametrize(
    ("model", "gpus"),
    [("Qwen/Qwen2.5-32B-Instruct", "2x8xT4"), ("deepseek-ai/DeepSeek-R1", "2x8xA100")],
)
def test_rows_divided_together_are_as_rows_divided_alone(model: str, gpus: str) -> None:
    subject = resolve(request(model=model, gpus=gpus, offline=True), {})
    case = judge_candidates(subject, subject.groups[0]).case
    rows = np.flatnonzero(case.layouts.pp > 1)[:30].tolist()
    together = repartitioned(case, rows)
    assert together
    for row in rows:
        alone = repartitioned(case, [row])
        assert alone.keys() == together.keys() & {row}
        for divided, place in alone.values():
            other, at = together[row]
            partition = other.partition(at)
            assert partition == divided.partition(place)
            assert partition is not None
            assert sum(partition) == case.architecture.num_layers
            assert other.kv.num_blocks[at] == divided.kv.num_blocks[place]
            assert other.take(np.array([at])).partition(0) == partition
