"""What loading adds to the tensors as they were constructed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.memory.marlin_fp8 import expert_scale_bytes, linear_scale_bytes, marlin_runs_fp8
from planner.quant.base import ExpertShard, LinearShard
from planner.quant.schemes.awq import Awq
from planner.quant.schemes.gptq import Gptq
from planner.quant.schemes.grouped import AMPERE, MARLIN_GROUPS, machete_takes
from planner.quant.schemes.mxfp4_experts import TRITON, Mxfp4Experts
from planner.quant.schemes.packed_int import PackedInt
from planner.units import DTYPE_BYTES, round_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.quant.base import Scheme, Stored
    from planner.units import Bools, IntLike, Ints

_HOPPER, _BLACKWELL = 90, 100
_MXFP4_GROUP, _WEIGHTS_PER_BYTE = 32, 2
#: Hopper's layout of exponents takes whole tiles of rows
_SWIZZLED_ROWS = 256
#: without it, packed weights take rows of whole cache lines
_STRIDED_BYTES = 128
_ROCM_STEP = 256
_BYTE_BITS = 8


def post_load_bytes(
    *,
    layers: IntLike,
    heads: IntLike,
    kv_lora_rank: int,
    qk_nope_head_dim: int,
    v_head_dim: int,
    dtype_bytes: int,
    quantized: Bools | bool,
) -> Ints:
    """The absorbed key and value projections of latent attention: Int64, bytes on one rank.

    ``layers`` are those with latent attention, 0 without; ``heads`` is a rank's.

    Every CUDA backend keeps kv_b for prefill and the two parts W_UK and W_UV for decode. They are
    views of an unquantized kv_b and cost nothing; a quantized one is dequantized into a tensor
    of its own, in the model's dtype.

    Source: vllm.model_executor.layers.attention.mla_attention.split_kv_b_proj and
    MLAAttention.process_weights_after_loading, vllm.model_executor.layers.quantization.utils.
    quant_utils.get_and_maybe_dequant_weights (0.33.0)
    Checked: DeepSeek-V2-Lite in bf16 on an H200 prints no such copy (108 MiB).

    >>> int(post_load_bytes(layers=61, heads=16, kv_lora_rank=512,
    ...     qk_nope_head_dim=128, v_head_dim=128, dtype_bytes=2, quantized=True)) // 2**20
    244
    """
    width = kv_lora_rank * (qk_nope_head_dim + v_head_dim) * dtype_bytes
    copies = np.asarray(layers, dtype=np.int64) * heads * width
    return np.where(quantized, copies, 0)


@frozen
class LoadedLayouts:
    """How a vLLM version lays weights out for its kernels: its facts of these names.

    ``rocm_mxfp4_step`` is 0 on other platforms than ROCm.
    """

    mxfp4_experts: str
    awq_kernel: str
    rocm_mxfp4_step: int = 0


@frozen
class Moved:
    """A tensor of a linear layer that a kernel's own layout replaces, on the rows ``moves``.

    ``stored`` numbers it in the order of the format; ``new_bytes`` is the layout's tensor, 0 when
    the kernel has none; ``copies`` of that size are made on the way.
    """

    stored: int
    moves: Bools
    old_bytes: IntLike
    new_bytes: IntLike
    copies: int = 0


def moved_tensors(shard: LinearShard, scheme: Scheme, layouts: LoadedLayouts) -> tuple[Moved, ...]:
    """The tensors of a linear layer that get other blocks after loading, in the kernel's order.

    Hopper's Machete copies the weight and wants zero points in the model's dtype. Marlin, on
    all others from Ampere on, makes all tensors anew and drops GPTQ's zero points, of which the
    checkpoint has one for all. Fp8 weights that Marlin makes anew are not among them: their
    matrices are large, and end in blocks as large as before.

    Source: vllm.model_executor.kernels.linear.mixed_precision.machete.MacheteLinearKernel,
    .marlin.MarlinLinearKernel (0.26.0, 0.33.0)
    """
    if isinstance(scheme, Awq) and scheme.zero_points:
        machete, zeros, bits = layouts.awq_kernel == "machete", True, 4
    elif isinstance(scheme, PackedInt):
        machete, zeros, bits = True, not scheme.symmetric, scheme.bits
    elif isinstance(scheme, Gptq):
        machete, zeros, bits = True, False, scheme.bits
    else:
        return ()
    size = scheme.group_size
    stored = [np.asarray(tensor.tensor_bytes) for tensor in scheme.linear(shard)]
    here = machete & machete_takes(shard, size)
    marlin = ~here & np.asarray(shard.capability >= AMPERE and size in MARLIN_GROUPS)
    at = _Places.of(scheme)
    moved = [
        Moved(stored=0, moves=here, old_bytes=stored[0], new_bytes=stored[0], copies=1),
        Moved(stored=0, moves=marlin, old_bytes=stored[0], new_bytes=stored[0]),
        Moved(
            stored=at.scales,
            moves=marlin,
            old_bytes=stored[at.scales],
            new_bytes=stored[at.scales],
        ),
    ]
    if at.zeros is None:
        return tuple(moved)
    old = stored[at.zeros]
    wide = old * _BYTE_BITS // bits * shard.dtype_bytes
    if zeros and size > 0:
        moved.append(Moved(stored=at.zeros, moves=here, old_bytes=old, new_bytes=wide))
    kept = old if zeros else np.zeros_like(old)
    moved.append(Moved(stored=at.zeros, moves=marlin, old_bytes=old, new_bytes=kept))
    return tuple(moved)


@frozen(kw_only=False)
class _Places:
    """Where a format of groups has its scales and zero points."""

    scales: int
    zeros: int | None

    @classmethod
    def of(cls, scheme: Awq | PackedInt | Gptq) -> _Places:
        if isinstance(scheme, PackedInt):
            return cls(1, None if scheme.symmetric else 3)
        return cls(2, 1)


def repacked_bytes(
    shard: LinearShard | ExpertShard, scheme: Scheme, layouts: LoadedLayouts
) -> IntLike:
    """What a kernel's own layout takes beyond the constructed tensors: bytes on one rank.

    Some kernels change sizes: those of ``moved_tensors``, Marlin for fp8, those of
    gpt-oss's MXFP4 experts, which pad, and AMD's. CUTLASS and DeepGEMM keep the size.

    Source: vllm.model_executor.layers.fused_moe.oracle.mxfp4
    .convert_weight_to_mxfp4_moe_kernel_format (0.26.0, 0.33.0)
    Checked: on an H200 Qwen2.5-7B-AWQ grows by 73 MiB and gpt-oss-20b by 34 of 43.
    """
    if isinstance(shard, LinearShard):
        if marlin_runs_fp8(scheme, shard.capability):
            return linear_scale_bytes(shard, scheme) - scheme.linear(shard)[1].tensor_bytes
        total: IntLike = 0
        for each in moved_tensors(shard, scheme, layouts):
            total = total + np.where(each.moves, each.new_bytes - each.old_bytes, 0)
        return total
    if marlin_runs_fp8(scheme, shard.capability):
        return expert_scale_bytes(shard, scheme) - _bytes(scheme.experts(shard)[2:4])
    if isinstance(scheme, Mxfp4Experts) and layouts.rocm_mxfp4_step:
        return _padded_on_rocm(shard, scheme, layouts)
    if isinstance(scheme, Mxfp4Experts) and scheme.triton:
        return _mxfp4_experts(shard, scheme, layouts)
    return 0


def _padded_on_rocm(shard: ExpertShard, scheme: Mxfp4Experts, layouts: LoadedLayouts) -> IntLike:
    """What AMD's kernels pad experts to; those of gpt-oss, with their own activation, the most.

    Source: vllm.model_executor.layers.fused_moe.oracle.mxfp4
    .mxfp4_round_up_hidden_size_and_intermediate_size (0.26.0, 0.31.0)
    """
    step = _ROCM_STEP if scheme.triton else layouts.rocm_mxfp4_step
    padded = replace(
        shard,
        hidden=round_up(shard.hidden, step),
        intermediate=round_up(shard.intermediate, step),
    )
    return _bytes(scheme.experts(padded)) - _bytes(scheme.experts(shard))


def _mxfp4_experts(shard: ExpertShard, scheme: Mxfp4Experts, layouts: LoadedLayouts) -> IntLike:
    constructed = _bytes(scheme.experts(shard))
    wide_bias = shard.experts * (shard.up_rows + shard.hidden) * DTYPE_BYTES["bfloat16"]
    bias = wide_bias if shard.bias else 0
    if shard.capability // 10 * 10 == _BLACKWELL:
        # FlashInfer's kernel, which runs where FlashInfer is, pads as Marlin's
        return _bytes(replace(scheme, triton=False).experts(shard)) - constructed + bias
    if shard.capability != _HOPPER:
        return 0
    up, down = (
        (rows, columns)
        for rows, columns in replace(
            shard, intermediate=round_up(shard.intermediate, TRITON.intermediate)
        ).matrices
    )
    if layouts.mxfp4_experts == "strided":
        return shard.experts * sum(rows * _unfilled(columns) for rows, columns in (up, down))
    tiles = sum(
        (round_up(rows, _SWIZZLED_ROWS) - rows) * (columns // _MXFP4_GROUP)
        for rows, columns in (up, down)
    )
    return shard.experts * tiles + bias


def _unfilled(columns: IntLike) -> IntLike:
    """Bytes that a packed row is short of whole cache lines."""
    packed = columns // _WEIGHTS_PER_BYTE
    return round_up(packed, _STRIDED_BYTES) - packed


def _bytes(stored: Iterable[Stored]) -> IntLike:
    total: IntLike = 0
    for each in stored:
        total = total + each.tensor_bytes * each.count
    return total
