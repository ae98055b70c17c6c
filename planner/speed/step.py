"""How long one step of an engine takes, by what takes it.

A kernel takes its launch and the longer of reading its bytes and of its arithmetic. What of the
arithmetic goes beyond the reading counts as ``compute``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.speed.collectives import Groups
    from planner.speed.rates import Rates
    from planner.speed.work import Attention, ExpertMatMul, MatMul, State, Work
    from planner.units import Floats

#: constants of ``constants_data/speed.toml`` by name
Tuning = "Mapping[str, float]"

PARTS = (
    "weights",
    "kv_cache",
    "compute",
    "all_reduce",
    "launches",
    "host",
    "host_memory",
    "pipeline",
)
_FULL_WIDTH = 2
"""bytes of an activation in 16 bits"""
_LOGIT_BYTES = 4
_ALL_BUT_CERTAIN = 1 - 1e-9
_SMALL_MESSAGE = 8
"""bytes a token of a norm over all heads: two sums in float32"""


@frozen
class Batch:
    """What is in a step of one engine rank (a micro-batch under pipeline stages).

    Float64[rows, loads]: ``decode`` requests with ``context`` tokens each, ``prefill`` tokens of
    prompts that look at ``span`` tokens on average, and ``sampled`` tokens for the head.
    ``captured``: it runs as a CUDA graph.
    """

    decode: Floats
    context: Floats
    prefill: Floats
    span: Floats
    sampled: Floats


@frozen
class Engine:
    """What runs the step.

    Attributes:
        tensor: the tensor-parallel groups; shared: the groups that share experts.
        tp, dp, pp: Float64[rows, 1].
        hop_latency_s, hop_bytes_per_s: between pipeline stages.
        largest_graph: tokens of the largest captured batch.
        ahead: the host plans the next step while one runs.
        host_bytes_per_s: from host memory, where weights lie there.
        tuning: what kernels take in a running engine, against alone.
    """

    rates: Rates
    tuning: Mapping[str, float]
    tensor: Groups
    shared: Groups
    tp: Floats
    dp: Floats
    pp: Floats
    dcp: Floats
    hop_latency_s: Floats
    hop_bytes_per_s: Floats
    largest_graph: float
    ahead: bool = True
    host_bytes_per_s: float = np.inf


class StepTime:
    """Seconds of a step by part, summed up kernel by kernel."""

    def __init__(self, like: Floats) -> None:
        self.parts: dict[str, Floats] = dict.fromkeys(PARTS, np.zeros_like(like))

    def add(self, part: str, seconds: Floats | float) -> None:
        """So much more of a part."""
        self.parts[part] = self.parts[part] + seconds

    def kernel(
        self, count: float, floor: Floats | float, read: Floats, arithmetic: Floats, part: str
    ) -> None:
        """``count`` equal kernels."""
        self.add("launches", count * floor)
        self.add(part, count * read)
        self.add("compute", count * np.maximum(arithmetic - read, 0.0))

    @property
    def total(self) -> Floats:
        """All parts."""
        return np.asarray(sum(self.parts.values()))


def step_time(work: Work, engine: Engine, batch: Batch) -> StepTime:
    """A step of all layers; under pipeline stages the sum over stages, as one token sees it.

    Source: the kernels of vllm.model_executor and the loop of vllm.v1.engine.core (0.33.0)
    Checked: docs/accuracy.md compares it with published benchmarks.
    """
    tokens = batch.decode * work.query_tokens + batch.prefill
    time = StepTime(tokens)
    for matmul in work.matmuls:
        _matmul(time, matmul, engine, batch.sampled if matmul.sampled else tokens)
    for experts in work.experts:
        _experts(time, experts, engine, tokens)
    for attention in work.attention:
        _attention(time, attention, engine, batch, work.query_tokens)
    for state in work.states:
        _state(time, state, engine, batch, tokens)
    _glue(time, work, engine, batch, tokens)
    _exchanges(time, work, engine, tokens)
    _host_memory(time, work, engine)
    _host(time, work, engine, batch, tokens)
    return time


def _matmul(time: StepTime, matmul: MatMul, engine: Engine, tokens: Floats) -> None:
    rate, tuning = engine.rates.gemm[matmul.kernel], engine.tuning
    size = matmul.outputs * matmul.inputs
    floor = tuning["launch"] * rate.floor_s
    floor = floor + tuning["quantize_s"] * rate.quantizations
    moved = matmul.weight_bytes + tokens * _FULL_WIDTH * (matmul.inputs + matmul.outputs)
    read = moved / (rate.bytes_per_s * tuning["gemm_stream"])
    arithmetic = 2 * tokens * size / (rate.flops * tuning["gemm_compute"])
    time.kernel(matmul.count, floor, read, arithmetic, "weights")
    time.add("compute", matmul.count * tokens * matmul.inputs * rate.quantize_s)


def _experts(time: StepTime, experts: ExpertMatMul, engine: Engine, tokens: Floats) -> None:
    """Each expert that some token visits is read once; groups are too small to compute meanwhile.

    Of E experts a token visits k; m tokens together leave one unvisited with (1 - k/E)^m. Tokens
    are alike, and some experts popular: it is as if there were fewer tokens.
    """
    rate, tuning = engine.rates.experts[experts.kernel], engine.tuning
    seen = tokens * np.where(experts.spread, engine.dp, 1.0)
    missed = np.log1p(-min(experts.per_token / experts.total, _ALL_BUT_CERTAIN))
    visited = experts.on_rank * -np.expm1(seen * tuning["experts_variety"] * missed)
    pairs = seen * experts.per_token * experts.on_rank / experts.total
    read = visited * experts.expert_bytes / (rate.bytes_per_s * tuning["experts_stream"])
    arithmetic = 2 * pairs * experts.weights / (rate.flops * tuning["experts_compute"])
    # tokens are sorted by expert, and their results summed, whichever rank has the expert
    values = seen * experts.per_token * experts.hidden + pairs * experts.between
    time.add("launches", experts.count * tuning["experts_launch"] * rate.floor_s)
    time.add("weights", experts.count * read)
    time.add("compute", experts.count * (arithmetic + values * rate.pair_value_s))


def _attention(
    time: StepTime, attention: Attention, engine: Engine, batch: Batch, query_tokens: float
) -> None:
    rate, tuning = engine.rates.attention[attention.fp8], engine.tuning
    seen = np.minimum(batch.context / attention.ratio, attention.limit) / engine.dcp
    read = batch.decode * seen * attention.token_bytes / (rate.bytes_per_s * tuning["kv_stream"])
    flops = rate.flops * tuning["attention_compute"]
    arithmetic = batch.decode * query_tokens * seen * attention.decode_flops / flops
    floor = np.where(batch.decode > 0, tuning["attention_launch"] * rate.decode_floor_s, 0.0)
    floor = floor + tuning["launch"] * engine.rates.launch_s * attention.launches
    time.kernel(attention.count, floor, read, arithmetic, "kv_cache")
    span = np.minimum(batch.span / attention.ratio, attention.limit)
    prompt = batch.prefill * span * attention.prefill_flops / flops
    prompt = prompt + batch.prefill * attention.prompt_bytes / rate.prefill_bytes_per_s
    start = np.where(batch.prefill > 0, tuning["attention_launch"] * rate.prefill_floor_s, 0.0)
    time.add("compute", attention.count * (prompt + start))


def _state(time: StepTime, state: State, engine: Engine, batch: Batch, tokens: Floats) -> None:
    """A request's state is read and written once a step, whatever its length."""
    rate, tuning = engine.rates.gemm["bf16"], engine.tuning
    read = 2 * batch.sampled * state.state_bytes / (engine.rates.bytes_per_s * tuning["kv_stream"])
    arithmetic = tokens * state.token_flops / (rate.flops * tuning["attention_compute"])
    floor = 2 * tuning["launch"] * engine.rates.launch_s
    time.kernel(state.count, floor, read, arithmetic, "kv_cache")


def _glue(time: StepTime, work: Work, engine: Engine, batch: Batch, tokens: Floats) -> None:
    """Norms, activations, residuals and rotations: small kernels that read and write activations.

    The sampler reads the logits a few times.
    """
    rates, tuning = engine.rates, engine.tuning
    passes = tuning["glue_passes"] * work.layers
    moved = passes * tokens * work.hidden * work.token_bytes
    moved = moved + batch.sampled * work.vocabulary * _LOGIT_BYTES
    time.add("launches", work.small_kernels * tuning["glue_s"])
    time.add("compute", moved / (rates.bytes_per_s * tuning["gemm_stream"]))


def _exchanges(time: StepTime, work: Work, engine: Engine, tokens: Floats) -> None:
    """All-reduces over the tensor-parallel group; gather and scatter where experts are shared."""
    message = tokens * work.hidden * work.token_bytes
    reduce = work.all_reduces * engine.tensor.seconds(message)
    if np.any(work.norm_all_reduces):
        reduce = reduce + work.norm_all_reduces * engine.tensor.seconds(tokens * _SMALL_MESSAGE)
    if np.any(work.exchanges):
        # gather and scatter together move what one all-reduce of all ranks' tokens moves
        reduce = reduce + work.exchanges * engine.shared.seconds(message * engine.dp)
    time.add("all_reduce", engine.tuning["all_reduce"] * reduce)
    hops = engine.pp - 1
    time.add("pipeline", hops * (engine.hop_latency_s + message / engine.hop_bytes_per_s))


def _host_memory(time: StepTime, work: Work, engine: Engine) -> None:
    """Weights that lie in host memory, over the bus at its full rate.

    Kernels that read them in place wait for them; those fetched ahead are seen only where that
    takes longer than all else. Experts that no token takes are counted as read.
    Source: vllm.model_executor.offloader.uva.UVAOffloader, .prefetch.PrefetchOffloader (0.33.0)
    """
    seconds = work.host_bytes / engine.host_bytes_per_s
    if work.fetched_ahead:
        seconds = np.maximum(seconds - time.total, 0.0)
    time.add("host_memory", seconds)


def _host(time: StepTime, work: Work, engine: Engine, batch: Batch, tokens: Floats) -> None:
    """Scheduling, sampling and input preparation, and launches that no CUDA graph spares.

    A host that plans ahead is seen only where it takes longer than the GPU.
    """
    tuning = engine.tuning
    launched = np.where(tokens > engine.largest_graph, work.layers * tuning["eager_layer_s"], 0.0)
    busy = time.total
    host = tuning["step_s"] + tuning["request_s"] * batch.decode
    if engine.ahead:
        seen = tuning["ahead_step_s"] + tuning["ahead_request_s"] * batch.decode
        host = np.maximum(host - busy, seen)
    time.add("host", host + np.maximum(launched - busy, 0.0))
