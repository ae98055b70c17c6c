"""Memory beside weights, activations and graphs: inside the budget, and beside it.

vLLM takes a baseline once the CUDA context, the communicators (and, from 0.33, the cuBLAS
handles) exist. What grows after it counts inside the budget; what was there before must fit
into the share of the board that was not asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.interval import Interval
from planner.units import DTYPE_BYTES, ceil_div

if TYPE_CHECKING:
    from planner.memory.interval import Constants
    from planner.units import Bools, IntLike, Ints

_COUNTER_BYTES = DTYPE_BYTES["int32"]
_BITS_OF_A_WORD = 32
#: one token mask a request for prompts, one for structured outputs
_TOKEN_MASKS = 2
#: hidden states and residual arrive from the stage before
_STAGE_TENSORS = 2


def runner_state_bytes(
    *,
    sequences: IntLike,
    tokens: IntLike,
    vocabulary: IntLike,
    hidden: IntLike,
    dtype_bytes: int,
    first: Bools,
    last: Bools,
) -> Ints:
    """Tensors the second model runner keeps beside the model: Int64[rows, stages], bytes.

    On the last stage a count of every token of the vocabulary for every request, for penalties,
    with two masks; on all but the first the buffer for what the stage before sends. The first
    model runner makes these when a request needs them: 0 there.

    Source: vllm.v1.worker.gpu.sample.penalties.PenaltiesState,
    vllm.v1.worker.gpu.structured_outputs.StructuredOutputsWorker,
    vllm.v1.worker.gpu.model_runner.GPUModelRunner.load_model (0.33.0)
    """
    words = ceil_div(np.asarray(vocabulary, dtype=np.int64), _BITS_OF_A_WORD)
    sampling = sequences * (vocabulary + _TOKEN_MASKS * words) * _COUNTER_BYTES
    received = _STAGE_TENSORS * np.asarray(tokens, dtype=np.int64) * hidden * dtype_bytes
    state: Ints = np.where(last, sampling, 0) + np.where(first, 0, received)
    return state


def non_torch_bytes(
    constants: Constants,
    *,
    tp: IntLike,
    pp: IntLike,
    dp: IntLike = 1,
    switched: Bools | bool = True,
    fuses_all_reduce: Bools | bool = True,
    runner_state: IntLike = 0,
    reserved_loss: IntLike = 0,
) -> Interval:
    """What the device loses after the baseline beside weights, activations, graphs: Interval.

    Counted: kernels loaded late, cuBLAS and FlashInfer memory, growth of the communicators, and
    the workspace of the fused all-reduce, which engines that compile and fuse it
    (``fuses_all_reduce``) make with TP > 1 on Hopper and data-centre Blackwell boards behind an
    NVLink switch (``switched``). From 0.27 on the budget
    loses all that the device lost, so the runner's own tensors (``runner_state``) and the
    allocator's unused ends (``reserved_loss``) count too; before, they fell between the terms.
    ``dp`` counts replicas whose ranks talk to each other, as those of a MoE do; 1 for a dense
    model, whose replicas are engines of their own. Columns broadcast to Int64[rows, stages].

    Source: vllm.utils.mem_utils.memory_profiling (0.26.0, 0.27.0),
    vllm.distributed.device_communicators.flashinfer_all_reduce (0.33.0)
    Checked: ``python -m scripts.memory.fit_terms``; groups on 0.27 and later are hardly measured.
    """
    several = np.asarray(tp) * pp * dp > 1
    fused = Interval.product(1, constants["fused_all_reduce_bytes"])
    has_fused = (np.asarray(tp) > 1) & np.asarray(switched) & np.asarray(fuses_all_reduce)
    group = Interval.product(1, constants["inside_bytes_of_a_group"])
    grown = fused.where(has_fused & (fused.high > 0), group)
    alone = Interval.product(1, constants["inside_bytes"])
    kept = np.asarray(runner_state, dtype=np.int64) + reserved_loss
    return grown.where(several, alone) + Interval.product(kept, constants["kept_tensors_inside"])


def outside_budget_bytes(
    constants: Constants,
    *,
    multiprocessors: IntLike,
    tp: IntLike,
    pp: IntLike,
    dp: IntLike = 1,
) -> Interval:
    """What was on a rank's board before the baseline: Interval, bytes.

    Counted: the CUDA context, which grows with the board's multiprocessors (compute units on
    AMD), and the communicators of a rank that has company (``dp`` as in ``non_torch_bytes``).
    Not counted: graphs beyond their estimate (``graph_bytes_beside_budget``) and other
    processes. All of it must fit in (1 - utilisation) x total, and vLLM checks that before it
    loads.

    Source: vllm.v1.worker.gpu_worker.Worker.init_device, vllm.v1.worker.utils.request_memory
    (0.33.0)
    Checked: free memory on start-up of 28 runs, see ``python -m scripts.memory.fit_terms``.
    """
    several = np.asarray(tp) * pp * dp > 1
    context = Interval.product(1, constants["context_bytes"]) + Interval.product(
        multiprocessors, constants["context_bytes_per_multiprocessor"]
    )
    return context + Interval.product(1, constants["communicator_bytes"]).where(several)
