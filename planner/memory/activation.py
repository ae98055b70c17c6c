"""The peak of temporary tensors that vLLM's profile run sees, beside weights and KV cache.

The run passes ``max_num_batched_tokens`` tokens through the layers without attention, then, on
the last stage, samples for ``max_num_seqs`` requests. The larger of the two peaks counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.interval import Interval
from planner.units import DTYPE_BYTES

if TYPE_CHECKING:
    from planner.memory.profile_run import ActivationShape, ProfileRun
    from planner.units import Bools, IntLike, Ints

_LOGIT_BYTES = DTYPE_BYTES["float32"]
#: hidden states and residual, which one stage hands to the next
_STAGE_TENSORS = 2
#: the sampler is called with a copy of the rows that are sampled, and keeps its own
_SAMPLED_COPIES = 2


def expert_workspace_elements(
    top_k: IntLike, hidden: IntLike, intermediate: IntLike, *, gated: bool = True
) -> Ints:
    """Elements of the fused experts' two buffers for one token: Int64[rows].

    ``intermediate`` is an expert's on this rank; without a gate the first product is as wide. The
    Triton, CUTLASS and Marlin kernels keep such a workspace; the monolithic kernels (MXFP4) and
    TRTLLM's free theirs at once.

    Source: vllm.model_executor.layers.fused_moe.experts.triton_moe.TritonExperts.workspace_shapes,
    modular_kernel.FusedMoEKernelModularImpl._allocate_buffers (0.33.0)

    >>> int(expert_workspace_elements(2, 4096, 14336)) * 16384 * 2 / 2**30
    2.625
    """
    product = np.asarray(intermediate, dtype=np.int64) * (2 if gated else 1)
    return np.asarray(
        top_k * (np.maximum(intermediate, hidden) + np.maximum(product, hidden)),
        dtype=np.int64,
    )


def workspace_bytes(shape: ActivationShape, run: ProfileRun) -> Ints:
    """The workspace that experts and sparse attention share, which stays: Int64, bytes.

    Up to 0.17 vLLM ran the experts in chunks of tokens and kept a workspace of one chunk.
    Source: vllm.v1.worker.workspace.WorkspaceManager (0.33.0), vllm.envs
    VLLM_FUSED_MOE_CHUNK_SIZE (0.11.0, 0.17.0)
    """
    chunk = int(run.constants["expert_chunk_tokens"].mid)
    tokens = np.minimum(np.asarray(run.expert_tokens, dtype=np.int64), chunk)
    experts = np.asarray(tokens * shape.expert_workspace * shape.dtype_bytes, dtype=np.int64)
    return np.maximum(experts, run.sparse.kept)


def forward_bytes(shape: ActivationShape, run: ProfileRun) -> Interval:
    """The peak inside the layers, without what the libraries keep: Interval, bytes.

    Four moments are compared: the dense MLP between its products, attention's projections with
    an indexer's pick, latent attention with the context of other prompts, and an expert layer
    with its workspace and shared experts. Beside each, some copies of the hidden states live:
    input, residual and output.

    Source: vllm.v1.worker.gpu.model_runner.GPUModelRunner.profile_run and the layers (0.33.0),
    vllm.model_executor.layers.attention.mla_attention.MLAAttention.forward_impl (0.11.0, 0.33.0)
    """
    token = np.asarray(run.tokens, dtype=np.int64) * shape.dtype_bytes
    qkv = np.asarray(shape.attention_qkv + shape.attention_qkv + shape.attention_output)
    shared = np.asarray(shape.shared_projection + shape.shared_activation, dtype=np.int64)
    around = Interval.product(shape.hidden, run.constants["hidden_copies"])
    kept = workspace_bytes(shape, run)
    peak = _dense_bytes(shape, run)
    picking = kept + run.sparse.scratch if run.sparse.kept else np.zeros_like(kept)
    peak = peak.maximum(_plus(_plus(around, qkv).times(token), picking))
    peak = peak.maximum(_latent_bytes(shape, run).where(np.asarray(shape.latent_operands) > 0))
    beside = Interval.product(shape.hidden, run.constants["expert_hidden_copies"])
    experts = _plus(beside, shared + shape.expert_temporary).times(token)
    experts = _plus(experts, kept)
    has_experts = np.asarray(shape.expert_workspace + shape.expert_temporary) > 0
    return peak.maximum(experts.where(has_experts))


def sampler_bytes(shape: ActivationShape, run: ProfileRun) -> Interval:
    """The peak of the dummy sampling that follows on the last stage: Interval, bytes.

    Hidden states and the experts' workspace are still held; logits come in the model's dtype,
    and some fp32 copies of them: how many is the version's and the runner's business. Triton's
    kernel for top-k and top-p has a row of logits for each multiprocessor.

    Source: vllm.v1.worker.gpu.model_runner.GPUModelRunner._dummy_sampler_run,
    vllm.v1.worker.gpu.sample.sampler.Sampler, vllm.v1.sample.ops.topk_topp_sampler.
    flashinfer_sample, vllm.v1.sample.ops.topk_topp_triton (0.33.0);
    vllm.v1.worker.gpu_model_runner (0.19.0)
    Checked: 33 runs of 0.19.0 on an H100, median error 1.0 %; drafting by n-grams, 0.1 %.
    """
    rows = np.minimum(
        np.asarray(run.sequences, dtype=np.int64), np.asarray(run.tokens, dtype=np.int64)
    )
    hidden = (run.tokens + _SAMPLED_COPIES * rows) * shape.hidden * shape.dtype_bytes
    logits = rows * np.asarray(shape.vocabulary, dtype=np.int64)
    fp32 = Interval.product(logits * _LOGIT_BYTES, run.constants["logit_copies"])
    if run.drafting:
        rejected = Interval.product(logits * _LOGIT_BYTES, run.constants["rejection_logit_copies"])
        fp32 = fp32.maximum(rejected)
    buffer = run.multiprocessors * np.asarray(shape.vocabulary, dtype=np.int64) * _LOGIT_BYTES
    fp32 = fp32 + Interval.product(buffer, run.constants["sampler_buffer_rows"])
    held = hidden + logits * shape.dtype_bytes + workspace_bytes(shape, run)
    if shape.logits_capped:
        fp32 = fp32.maximum(Interval.exact(logits * shape.dtype_bytes))
    return fp32 + Interval.exact(held)


def warm_up_bytes(
    shape: ActivationShape, run: ProfileRun, activation: Interval, *, last: Bools
) -> Interval:
    """What the last warm-up takes beyond the profiled peak: Interval[rows, stages], bytes.

    Once the KV cache fills the budget and graphs are captured, vLLM samples for all requests at
    once. The activations' share is free for it; before 0.33 the second model runner had profiled
    a sampler that holds less. Torch also leaves unused ends in blocks that it splits: 0.3 copies
    of the logits as fp32, sometimes several.

    Source: vllm.v1.worker.gpu_worker.Worker.compile_or_warm_up_model,
    vllm.v1.worker.gpu.warmup.warmup_kernels, SamplingParams.for_sampler_warmup (0.26.0, 0.33.0)
    Checked: vllm-project/vllm#48601 (out of memory with 4.5 copies free), #57926, #27508, #15105.
    """
    rows = np.minimum(
        np.asarray(run.sequences, dtype=np.int64), np.asarray(run.tokens, dtype=np.int64)
    )
    logits = rows * np.asarray(shape.vocabulary, dtype=np.int64)
    held = Interval.exact(logits * shape.dtype_bytes + workspace_bytes(shape, run))
    need = Interval.product(logits * _LOGIT_BYTES, run.constants["warm_up_logit_copies"]) + held
    ends = Interval.product(logits * _LOGIT_BYTES, run.constants["warm_up_split_copies"])
    return (need.beyond(activation) + ends).where(np.asarray(last))


def activation_bytes(
    shape: ActivationShape,
    run: ProfileRun,
    *,
    first: Bools,
    last: Bools,
    encoder_peak: Interval | None = None,
    encoder_kept: Interval | None = None,
    trial: Interval | None = None,
) -> Interval:
    """The peak of temporary tensors on a stage's rank: Interval[rows, stages], bytes.

    Counted: layers, experts' workspace, sampler, what the libraries keep in torch's memory, and
    on the first stage a multimodal encoder's own peak (``encoder_peak``) or what it leaves while
    the layers run (``encoder_kept``), or what the compiler tries kernels on before the first of
    them runs (``trial``). Not counted: the runner's own state and CUDA graphs.
    ``first`` and ``last`` are Bool[rows, stages].

    Source: vllm.v1.worker.gpu_worker.Worker.determine_available_memory,
    vllm.utils.mem_utils.memory_profiling (0.33.0)
    Checked: see ``python -m scripts.memory.fit_terms``.
    """
    kept = Interval.product(1, run.constants["library_bytes"])
    forward = forward_bytes(shape, run)
    if run.plain_products:
        forward = forward + kept
    between = np.asarray(run.tokens, dtype=np.int64) * shape.hidden * shape.dtype_bytes
    sent = Interval.exact(_STAGE_TENSORS * between)
    peak = forward + sent.where(~np.asarray(last))
    peak = peak.maximum((sampler_bytes(shape, run) + kept).where(np.asarray(last)))
    nothing = Interval.exact(0)
    outputs = (encoder_kept or nothing).where(np.asarray(first))
    encoder = (encoder_peak or nothing).where(np.asarray(first))
    return (peak + outputs).maximum(encoder + kept).maximum(trial or nothing)


def _dense_bytes(shape: ActivationShape, run: ProfileRun) -> Interval:
    """The MLP between its products, beside input, residual and output: Interval, bytes.

    While code is compiled, its kernels are timed on the tensors that are there.
    Source: torch._inductor.runtime.benchmarking.InductorBenchmarker.benchmark_gpu (2.11)
    Checked: Qwen2.5-7B, 0.5B and Llama-3.1-8B, compiled on an H200, and 15 eager models on an
    H100, all with 0.26: to 1 MiB once the libraries' 32 MiB are added.
    """
    tokens = np.asarray(run.tokens, dtype=np.int64)
    around = Interval.product(shape.hidden, run.constants["hidden_copies"])
    dense = np.asarray(shape.mlp_projection + shape.mlp_activation, dtype=np.int64)
    held = _plus(around, dense).times(tokens * shape.dtype_bytes)
    if run.compiled:
        return held + Interval.product(run.cache_bytes, run.constants["kernel_trials"])
    if not shape.eager_hidden:
        return held
    more = shape.eager_hidden * shape.hidden * shape.dtype_bytes + np.asarray(shape.mlp_quantized)
    return _plus(held, tokens * more)


def _latent_bytes(shape: ActivationShape, run: ProfileRun) -> Interval:
    """Latent attention, with the shared workspace: Interval, bytes.

    Beside the residual, code that is not compiled holds the layer's input.
    Checked: DeepSeek-V3, cut to 5 layers, and DeepSeek-V2-Lite on an H100, the latter compiled
    on an H200, to the mebibyte once the libraries' 32 MiB are added.
    """
    token = np.asarray(run.tokens, dtype=np.int64) * shape.dtype_bytes
    context = np.asarray(run.context_rows, dtype=np.int64) * shape.latent_context
    passing = np.maximum(context * shape.dtype_bytes, run.sparse.scratch)
    held = np.asarray(shape.hidden + shape.latent_operands)
    if not run.compiled:
        held = held + (1 + shape.eager_hidden) * shape.hidden + shape.latent_products
    return Interval.exact(held * token + workspace_bytes(shape, run) + passing)


def _plus(interval: Interval, counts: Ints) -> Interval:
    return interval + Interval.exact(counts)
