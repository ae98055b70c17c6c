"""What torch's compiler allocates to try kernels on, while the profile run compiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.caching_allocator import (
    MIN_BLOCK_BYTES,
    SEGMENT_STEP_BYTES,
    SPLIT_REMAINDER_BYTES,
)
from planner.memory.interval import Interval
from planner.units import round_up

if TYPE_CHECKING:
    from planner.memory.interval import Constants
    from planner.units import IntLike, Ints


def embedding_trial_bytes(
    constants: Constants, *, table_bytes: Ints, tokens: int, outputs_bytes: IntLike
) -> Interval:
    """A second embedding, and what its kernel writes: Interval, bytes.

    Inductor joins kernels that do not depend on each other where that is faster, and tries each
    on random tensors of full size. The first such group gathers from the embedding, and from the
    rotary table. Compiled code that is found in vLLM's cache is not tried again: the low end.
    ``table_bytes`` is a rank's embedding, a column; ``outputs_bytes`` what a token's row becomes.

    Source: vllm.config.compilation.CompilationConfig (combo_kernels and benchmark_combo_kernel,
    0.12.0, 0.33.0), torch._inductor.scheduler.Scheduler.speedup_by_combo_kernel
    Checked: Qwen3-8B on an H100, Llama-3.3-70B in fp8, Gemma-3-27B and Qwen3-32B-AWQ on an H200,
    0.26: to 0.1 MiB.

    >>> from planner.constants import term
    >>> values = term("activation", (0, 26), "hopper", "v2")
    >>> table = np.array([151936 * 4096 * 2])
    >>> trial = embedding_trial_bytes(
    ...     values, table_bytes=table, tokens=8192, outputs_bytes=2 * 4096 * 2
    ... )
    >>> trial.mid // 2**20
    array([1316])
    """
    table = round_up(np.asarray(table_bytes, dtype=np.int64), MIN_BLOCK_BYTES)
    segment = round_up(table, SEGMENT_STEP_BYTES)
    block = np.where(segment - table > SPLIT_REMAINDER_BYTES, table, segment)
    return Interval.product(block + tokens * np.asarray(outputs_bytes), constants["kernel_trials"])
