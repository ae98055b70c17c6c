"""What DeepGEMM takes of a rank once something quantizes to fp8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.case.kv_columns import kv_cache_dtype
from planner.case.shards import stores_fp8
from planner.case.term_constants import constants
from planner.model.cache import Mla
from planner.vllm.environment import DEEP_GEMM, switch

if TYPE_CHECKING:
    from planner.case.grid import Grid


def deep_gemm_bytes(grid: Grid) -> int:
    """Its workspace for cuBLASLt, made while the model is built: bytes of a rank.

    vLLM loads DeepGEMM as soon as it builds a module that quantizes to fp8, whether or not its
    kernels run: for fp8 weights, an fp8 KV cache, and in every layer of latent attention.

    Source: vllm.model_executor.layers.quantization.input_quant_fp8.QuantFP8,
    vllm.utils.deep_gemm._lazy_init (0.26.0), DeepGEMM csrc/jit/device_runtime.hpp
    Checked: ten starts of 0.26.0 on H100 and H200 print 32 MiB more weights than without.
    """
    if switch(grid.environment, DEEP_GEMM) is False or not _quantizes_to_fp8(grid):
        return 0
    return int(constants(grid, "allocator")["deep_gemm_bytes"].mid)


def _quantizes_to_fp8(grid: Grid) -> bool:
    caches = (cache for layer in grid.architecture.kinds for cache in layer.caches)
    latent = any(isinstance(cache, Mla) for cache in caches)
    return latent or stores_fp8(grid) or kv_cache_dtype(grid) in _FP8_CACHES


#: caches whose queries are quantized by a module of the layer
_FP8_CACHES = ("fp8", "fp8_e4m3", "fp8_e5m2", "nvfp4")
