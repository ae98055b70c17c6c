"""Steps of one kernel against that kernel measured alone (tests/data/speed/operations.csv)."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from planner.request import request
from planner.resolve import resolve, table
from planner.search import fixed_layout
from planner.speed.rates import ExpertsRate, GemmRate
from planner.speed.step import Batch, Engine, step_time
from planner.speed.work import ExpertMatMul, MatMul, Work
from scripts.speed.operations import Point, read_points

BOARD = "h200-sxm5-141gb"
NOTHING = np.zeros((1, 1))
ONE = np.ones((1, 1))


@cache
def engine(model: str) -> Engine:
    """An H200 whose kernels take in a server what they take alone."""
    asked = request(model=model, gpus=BOARD, offline=True, calibration=False)
    subject = resolve(asked, {})
    found = table(subject, subject.groups[0], fixed_layout(asked.pinned)).engine
    alone = {name: 0.0 if name.endswith("_s") else 1.0 for name in found.tuning}
    return replace(found, tuning=alone)


def seconds(engine: Engine, tokens: float, work: Work) -> float:
    batch = Batch(
        decode=NOTHING, context=NOTHING, prefill=np.array([[tokens]]), span=NOTHING, sampled=NOTHING
    )
    parts = step_time(work, engine, batch).parts
    return sum(parts[name].item() for name in ("launches", "weights", "compute"))


def work(*kernels: MatMul | ExpertMatMul) -> Work:
    """A step of these kernels and nothing beside."""
    return Work(
        matmuls=tuple(k for k in kernels if isinstance(k, MatMul)),
        experts=tuple(k for k in kernels if isinstance(k, ExpertMatMul)),
        attention=(),
        states=(),
        layers=0,
        small_kernels=0,
        hidden=0,
        token_bytes=2,
        vocabulary=0,
        all_reduces=NOTHING,
        norm_all_reduces=NOTHING,
        exchanges=NOTHING,
    )


def measured(operation: str, form: str, **shape: float) -> Point:
    """The operation that was measured at these places of its shape."""
    places = {int(name[1:]): value for name, value in shape.items()}
    (found,) = (
        point
        for point in read_points()
        if (point.board, point.operation, point.format) == (BOARD, operation, form)
        and all(point.shape[place] == value for place, value in places.items())
    )
    return found


@pytest.mark.parametrize("tokens", [1024, 4096, 16384])
@pytest.mark.parametrize(("outputs", "inputs"), [(8192, 8192), (1024, 8192), (10240, 8192)])
def test_a_product_in_8_bits_takes_what_it_took_with_its_input_brought_there(
    tokens: int, outputs: int, inputs: int
) -> None:
    point = measured("gemm", "fp8", _0=tokens, _1=outputs, _2=inputs)
    product = MatMul(
        kernel="fp8",
        count=1,
        outputs=outputs * ONE,
        inputs=inputs * ONE,
        weight_bytes=outputs * inputs * ONE,
    )
    told = seconds(engine("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic"), tokens, work(product))
    assert told == pytest.approx(point.seconds, rel=0.25)


@pytest.mark.parametrize("tokens", [256, 1024, 4096])
@pytest.mark.parametrize(("ways", "ranks"), [(1, 1), (4, 1), (1, 4), (1, 8)])
def test_experts_take_what_they_took_alone_for_few_tokens_and_for_many(
    tokens: int, ways: int, ranks: int
) -> None:
    point = measured("experts", "bf16", _0=tokens, _5=ways, _6=ranks)
    _, hidden, inner, chosen, total, _, _ = point.shape
    weights = 3 * hidden * inner / ways
    layer = ExpertMatMul(
        kernel="bf16",
        count=1,
        total=total,
        on_rank=total / ranks * ONE,
        per_token=chosen,
        weights=weights * ONE,
        hidden=2 * hidden,
        between=3 * inner / ways * ONE,
        expert_bytes=2 * weights * ONE,
        spread=NOTHING,
    )
    told = seconds(engine("Qwen/Qwen3-30B-A3B"), tokens, work(layer))
    assert told == pytest.approx(point.seconds, rel=0.3)


def test_only_what_is_not_in_its_format_is_brought_there() -> None:
    rates = engine("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic").rates
    assert isinstance(rates.gemm["bf16"], GemmRate)
    assert rates.gemm["bf16"].quantize_s == 0
    assert rates.gemm["fp8"].quantize_s > 0
    experts = engine("Qwen/Qwen3-30B-A3B").rates.experts["bf16"]
    assert isinstance(experts, ExpertsRate)
    assert experts.pair_value_s > 0
