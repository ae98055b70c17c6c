"""The candidate layouts of a cluster: every product of parallel sizes it has GPUs for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.layout import Layouts
from planner.vllm.flags import takes

if TYPE_CHECKING:
    from planner.hardware.cluster import NodeGroup
    from planner.model.architecture import Architecture
    from planner.units import Ints
    from planner.vllm.arguments import VllmArguments

_DP, _EP = "--data-parallel-size", "--enable-expert-parallel"
LARGEST_ENGINE = 1024
"""GPUs of one deployment the search goes up to; more are replicas of it"""


def candidates(
    architecture: Architecture,
    group: NodeGroup,
    pinned: VllmArguments,
    version: str | None = None,
) -> Layouts:
    """Every layout over all the GPUs and over fewer; what is fixed is not searched.

    Expert parallelism is tried for models with experts, decode context parallelism only when
    asked for. Small clusters are searched in full, so that a size vLLM refuses can be named
    with its reason; sizes above a host go by powers of two and whole hosts. What a release has no
    option for stays 1.
    """
    gpus = min(group.nodes * group.gpus_per_node, LARGEST_ENGINE)
    sizes = _sizes(gpus, group.gpus_per_node)
    tp = _axis(pinned.tensor_parallel_size, sizes)
    pp = _axis(pinned.pipeline_parallel_size, sizes)
    dp = _axis(pinned.data_parallel_size, sizes if takes(version, _DP) else [1])
    moe = architecture.num_experts > 0 and takes(version, _EP)
    ep = _axis(_number(pinned.enable_expert_parallel), [0, 1] if moe else [0])
    dcp = _axis(pinned.decode_context_parallel_size, [1])
    columns = [c.reshape(-1) for c in np.meshgrid(tp, pp, dp, ep, dcp, indexing="ij")]
    table = Layouts(tp=columns[0], pp=columns[1], dp=columns[2], ep=columns[3] > 0, dcp=columns[4])
    fixed = _all_fixed(pinned)
    useful = (table.gpus <= gpus) | fixed
    alike = table.ep & (table.tp * table.dp == 1) & (pinned.enable_expert_parallel is None)
    return table.take(useful & ~alike)


def fixed_layout(pinned: VllmArguments) -> Layouts:
    """The one layout that options describe; what they leave out is 1, as in vLLM."""
    return Layouts.one(
        tp=pinned.tensor_parallel_size or 1,
        pp=pinned.pipeline_parallel_size or 1,
        dp=pinned.data_parallel_size or 1,
        dcp=pinned.decode_context_parallel_size or 1,
        ep=bool(pinned.enable_expert_parallel),
    )


def _sizes(gpus: int, gpus_per_node: int) -> list[int]:
    small = set(range(1, min(gpus, max(gpus_per_node, 16)) + 1))
    powers = {2**k for k in range(gpus.bit_length()) if 2**k <= gpus}
    hosts = {n * gpus_per_node for n in (1, 2, 3, 4, 6, 8) if n * gpus_per_node <= gpus}
    return sorted(small | powers | hosts | {gpus})


def _axis(fixed: int | None, free: list[int]) -> Ints:
    return np.array(free if fixed is None else [fixed], dtype=np.int64)


def _number(flag: bool | None) -> int | None:  # noqa: FBT001 - an option's own three values
    return None if flag is None else int(flag)


def _all_fixed(pinned: VllmArguments) -> bool:
    sizes = (pinned.tensor_parallel_size, pinned.pipeline_parallel_size, pinned.data_parallel_size)
    return all(size is not None for size in sizes)
