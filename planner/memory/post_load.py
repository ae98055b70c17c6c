"""What loading adds to the tensors as they were constructed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.units import Bools, IntLike, Ints


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

    ``layers`` are those with latent attention, 0 without; ``heads`` is a rank's. Repacking for
    Marlin, CUTLASS or DeepGEMM keeps the size: nothing is counted for it.

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
