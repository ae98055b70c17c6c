"""Properties that hold of every format, and sizes that real starts of vLLM printed."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planner.layout import Layouts
from planner.quant.base import ExpertShard, LinearShard, Scheme
from planner.quant.schemes.awq import Awq
from planner.quant.schemes.fp8 import Fp8Channel, Fp8Tensor
from planner.quant.schemes.fp8_block import Fp8Block, OnlineFp8Block
from planner.quant.schemes.gptq import Gptq
from planner.quant.schemes.int8 import Int8
from planner.quant.schemes.microscaling import Microscaling
from planner.quant.schemes.mxfp4_experts import Mxfp4Experts
from planner.quant.schemes.nvfp4 import Nvfp4, OnlineNvfp4
from planner.quant.schemes.packed_int import PackedInt
from planner.quant.unquantized import UNQUANTIZED
from tests.quant.tiny import answers, config, formats, layout, parameter_bytes

SCHEMES: tuple[Scheme, ...] = (
    UNQUANTIZED,
    Fp8Tensor(static_inputs=True),
    Fp8Channel(),
    Fp8Block(),
    OnlineFp8Block(),
    Int8(),
    PackedInt(bits=4, group_size=128),
    PackedInt(bits=8),
    Gptq(bits=4, group_size=128),
    Awq(group_size=128),
    Nvfp4(),
    OnlineNvfp4(),
    Microscaling(bits=4),
    Mxfp4Experts(triton=True),
)
ROWS, COLUMNS, EXPERTS = 8192, 12288, 12


def _row_split(tp: int) -> LinearShard:
    return LinearShard(
        outputs=(ROWS,),
        inputs=COLUMNS // tp,
        full_inputs=COLUMNS,
        full_outputs=(ROWS,),
        dtype_bytes=2,
        capability=90,
    )


def _experts(tp: int, *, hidden: int = 4096, intermediate: int = 3072) -> ExpertShard:
    return ExpertShard(
        experts=EXPERTS,
        hidden=hidden,
        intermediate=intermediate // tp,
        full_intermediate=intermediate,
        gated=True,
        bias=False,
        expert_parallel=False,
        dtype_bytes=2,
        capability=90,
    )


def _has_experts(form: str) -> bool:
    """Whether vLLM has experts in a format."""
    found = [answer for answer in answers() if (answer.format, answer.model) == (form, "moe")]
    return any(answer.parameter_bytes for answer in found)


def _bytes(tensors: object) -> int:
    assert isinstance(tensors, tuple)
    return sum(int(tensor.tensor_bytes) * int(tensor.count) for tensor in tensors)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
@given(tp=st.sampled_from([2, 3, 4, 6, 8, 12, 16]))
def test_the_shards_of_all_ranks_hold_at_least_the_whole(scheme: Scheme, tp: int) -> None:
    linear, experts = _row_split(tp), _experts(tp)
    misfits = (*scheme.linear_misfits(linear), *scheme.expert_misfits(experts))
    assume(not any(misfit.broken for misfit in misfits))
    assert _bytes(scheme.linear(linear)) * tp >= _bytes(scheme.linear(_row_split(1)))
    assert _bytes(scheme.experts(experts)) * tp >= _bytes(scheme.experts(_experts(1)))


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
@given(tp=st.sampled_from([2, 3, 4, 6, 8]))
def test_no_tensor_grows_with_more_ranks(scheme: Scheme, tp: int) -> None:
    whole, shard = scheme.linear(_row_split(1)), scheme.linear(_row_split(tp))
    assert len(whole) == len(shard)
    pairs = zip(shard, whole, strict=True)
    assert all(int(a.tensor_bytes) <= int(b.tensor_bytes) for a, b in pairs)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_bytes_are_those_of_the_bits_and_little_more(scheme: Scheme) -> None:
    weights = EXPERTS * 3 * 4096 * 3072 * scheme.weight_bits / 8
    assert weights <= _bytes(scheme.experts(_experts(1))) <= 1.14 * weights


@pytest.mark.parametrize("form", formats())
def test_a_table_of_layouts_is_its_rows(form: str) -> None:
    model = next(answer.model for answer in answers() if answer.format == form)
    rows = [layout(tp, ep=ep) for tp in (1, 2, 4) for ep in (False, True)]
    columns = {
        field.name: np.concatenate([getattr(row, field.name) for row in rows])
        for field in fields(Layouts)
    }
    stated = config("moe" if _has_experts(form) else model, form)
    alone = [parameter_bytes(stated, row)[0] for row in rows]
    assert parameter_bytes(stated, Layouts(**columns)) == alone


def test_block_scales_of_experts_are_refined_where_a_slice_is_no_whole_block() -> None:
    eight = _experts(8, hidden=4096, intermediate=1536)
    *_, up, down = Fp8Block().experts(eight)
    assert int(up.tensor_bytes) == EXPERTS * 2 * (192 // 64) * (4096 // 64) * 4
    assert int(down.tensor_bytes) == EXPERTS * (4096 // 64) * (192 // 64) * 4


def test_expert_parallelism_saves_mxfp4_from_padding() -> None:
    scheme = Mxfp4Experts(triton=True)
    sliced = _experts(2, hidden=2880, intermediate=2880)
    assert (
        _bytes(scheme.experts(sliced))
        > _bytes(scheme.experts(_experts(1, hidden=2880, intermediate=2880))) / 2
    )
