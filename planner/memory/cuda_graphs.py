"""CUDA graphs: which batch sizes are captured, what that takes, and what vLLM sets aside for it.

Three figures differ: what capture takes from the device; what vLLM took off the budget for it
beforehand; and, where it set aside less, what therefore lies beside the budget.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.memory.interval import Interval

if TYPE_CHECKING:
    from planner.memory.interval import Constants
    from planner.units import Bools, IntLike, Ints

#: the grid of sizes: these, then multiples of the steps, the wider from here on
_SMALLEST_SIZES = (1, 2, 4)
_FINE_STEP, _COARSE_STEP, _COARSE_FROM = 8, 16, 256


class GraphMode(StrEnum):
    """Which graphs are captured (vLLM's ``cudagraph_mode``)."""

    FULL_AND_PIECEWISE = "FULL_AND_PIECEWISE"
    FULL = "FULL"
    FULL_DECODE_ONLY = "FULL_DECODE_ONLY"
    PIECEWISE = "PIECEWISE"
    NONE = "NONE"

    @property
    def piecewise(self) -> bool:
        """Each layer's pieces between attention calls are captured."""
        return self in {GraphMode.FULL_AND_PIECEWISE, GraphMode.PIECEWISE}

    @property
    def full(self) -> bool:
        """Whole decode steps are captured."""
        return self in {GraphMode.FULL_AND_PIECEWISE, GraphMode.FULL, GraphMode.FULL_DECODE_ONLY}


@frozen
class CapturePlan:
    """How many graphs of each kind are captured, and the largest batch: Int64[rows]."""

    piecewise: Ints
    full: Ints
    largest: Ints

    @property
    def sizes(self) -> Ints:
        """Batch sizes with any graph."""
        return np.maximum(self.piecewise, self.full)


def capture_plan(
    constants: Constants,
    *,
    tokens: IntLike,
    sequences: IntLike,
    mode: GraphMode = GraphMode.FULL_AND_PIECEWISE,
    speculative_tokens: int = 0,
    largest: IntLike | None = None,
    sizes: tuple[int, ...] | None = None,
    with_and_without_adapters: bool = False,
) -> CapturePlan:
    """The graphs vLLM captures.

    Sizes are 1, 2, 4, multiples of 8 below 256 and of 16 from there, up to twice the requests
    and the platform's limit (512; 1024 on data-centre Blackwell), or up to ``largest``
    (max_cudagraph_capture_size), or those of ``sizes`` where they are listed, never above
    ``tokens`` (max_num_batched_tokens). Full graphs only for sizes that a decode step of
    ``sequences`` requests can have. An engine with LoRA captures each size twice.

    Source: vllm.config.vllm.VllmConfig._set_cudagraph_sizes,
    vllm.config.compilation.CompilationConfig.cudagraph_specialize_lora,
    vllm.v1.worker.gpu.cudagraph_utils.CudaGraphManager._init_candidates (0.33.0)
    Checked: 51 and 51 graphs of an H200 run; 51 and 35, 35 and 19 of public logs.
    """
    batch = np.asarray(tokens, dtype=np.int64)
    decode_tokens = np.asarray(sequences, dtype=np.int64) * (1 + speculative_tokens)
    default = np.minimum(2 * decode_tokens, int(constants["capture_limit"].mid))
    top = np.minimum(default if largest is None else largest, batch)
    if sizes is None:
        off_grid = (batch == top) & ~_on_grid(top)
        every = _grid_sizes(top) + off_grid
        decode = _grid_sizes(np.minimum(top, decode_tokens)) + (off_grid & (decode_tokens >= top))
    else:
        top = np.minimum(max(sizes, default=0), batch)
        every, decode = _listed(sizes, batch), _listed(sizes, np.minimum(batch, decode_tokens))
    if with_and_without_adapters:
        every, decode = 2 * every, 2 * decode
    nothing = np.zeros_like(every)
    full = every if mode is GraphMode.FULL else decode
    return CapturePlan(
        piecewise=every if mode.piecewise else nothing,
        full=full if mode.full else nothing,
        largest=top,
    )


def captured_graph_bytes(plan: CapturePlan, constants: Constants, layers: IntLike) -> Interval:
    """What capture takes from the device on a stage's rank: Interval[rows, stages], bytes.

    Driver memory of each captured kernel and the graphs' pool of temporaries: both grow with
    layers x sizes. Full graphs reuse what the piecewise ones of the same sizes took. ``layers``
    is Int64[rows, stages], the plan's columns broadcast against it.

    Source: vllm.v1.worker.gpu.model_runner.GPUModelRunner.capture_model (0.33.0)
    Checked: 13 runs on seven kinds of boards, see ``python -m scripts.memory.fit_terms``.
    """
    captured = plan.sizes * np.asarray(layers, dtype=np.int64)
    return Interval.product(captured, constants["captured_bytes"])


def cuda_graph_bytes(plan: CapturePlan, constants: Constants, layers: IntLike) -> Interval:
    """What vLLM takes off the budget for graphs before it sizes the KV cache: Interval, bytes.

    Nothing before 0.20 on the first model runner and before 0.29 on the second (their constants
    are 0). The first runner captures two graphs of each mode and extrapolates; the second
    captures all piecewise graphs and two full ones, and multiplies the second's cost by the
    number of full graphs, which is mostly far too much.

    Source: vllm.v1.worker.gpu_model_runner.GPUModelRunner.profile_cudagraph_memory (0.22.0),
    vllm.v1.worker.gpu.cudagraph_utils.profile_cudagraph_memory (0.33.0; 0.28.0 returns 0)
    Checked: as ``captured_graph_bytes``; seven runs print the estimate.
    """
    count = np.asarray(layers, dtype=np.int64)
    grown = Interval.product(plan.sizes * count, constants["reserved_bytes"])
    repeated = np.maximum(plan.full - 1, 0) * (count > 0)
    return grown + Interval.product(repeated, constants["reserved_full_graph_bytes"])


def graph_bytes_beside_budget(captured: Interval, constants: Constants) -> Interval:
    """What capture takes beyond what was set aside for it: Interval, bytes.

    A share of what it takes, not a difference of two estimates: what vLLM sets aside comes from
    capturing some of the same graphs, so the two err together. All of it where nothing is set
    aside.
    """
    share = constants["beyond_reserve"]
    ends = ((captured.low, share.low), (captured.mid, share.mid), (captured.high, share.high))
    return Interval.of(*(np.rint(end * part).astype(np.int64) for end, part in ends))


def _listed(sizes: tuple[int, ...], top: Ints) -> Ints:
    """How many of some sizes are not above ``top``."""
    return np.asarray(sum((top >= size).astype(np.int64) for size in sizes), dtype=np.int64)


def _grid_sizes(top: Ints) -> Ints:
    """How many sizes of the grid are not above ``top``."""
    smallest = sum((top >= size).astype(np.int64) for size in _SMALLEST_SIZES)
    fine = np.minimum(top, _COARSE_FROM - 1) // _FINE_STEP
    coarse = np.where(top >= _COARSE_FROM, (top - _COARSE_FROM) // _COARSE_STEP + 1, 0)
    return np.asarray(smallest + fine + coarse, dtype=np.int64)


def _on_grid(size: Ints) -> Bools:
    step = np.where(size >= _COARSE_FROM, _COARSE_STEP, _FINE_STEP)
    on_grid: Bools = (size % step == 0) | np.isin(size, _SMALLEST_SIZES)
    return on_grid
