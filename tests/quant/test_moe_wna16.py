from __future__ import annotations

import numpy as np
import pytest

from planner.quant.base import ExpertShard
from planner.quant.schemes.awq import Awq
from planner.vllm.version import find_version

WIDE = 768
"""expert features of Qwen3-30B-A3B"""


def _broken(tp: int, version: str) -> bool:
    shard = ExpertShard(
        experts=128,
        hidden=2048,
        intermediate=np.asarray(WIDE // tp),
        full_intermediate=WIDE,
        gated=True,
        bias=False,
        expert_parallel=False,
        dtype_bytes=2,
        capability=80,
        wna16_block=find_version(version).moe_wna16_block,
    )
    misfits = Awq(group_size=128).expert_misfits(shard)
    return any(bool(np.any(misfit.broken)) for misfit in misfits)


@pytest.mark.parametrize(
    ("tp", "version", "broken"),
    # 0.8 starts at 1 and 2, and refuses 4 and 8: vllm-project/vllm#17604
    [
        (1, "0.8", False),
        (2, "0.8", False),
        (4, "0.8", True),
        (8, "0.8", True),
        (4, "0.12", True),
        (4, "0.13", False),
        (4, "0.33", False),
    ],
)
def test_early_kernels_of_experts_take_whole_blocks(tp: int, version: str, broken: bool) -> None:  # noqa: FBT001
    assert _broken(tp, version) is broken


def test_quantized_mixtral_has_a_class_of_its_own_before_0_6_3() -> None:
    assert find_version("0.6.2").quantized_classes
    assert not find_version("0.6.3").quantized_classes
    assert not find_version("0.6").quantized_classes
