"""The scales an attention layer loads for its KV cache, beside the buffers every layer has."""

from __future__ import annotations

from planner.frozen import frozen
from planner.quant.base import Stored
from planner.quant.schemes.base import FLOAT32
from planner.quant.unquantized import Unquantized


@frozen
class CacheScales(Unquantized):
    """Scalars that wait for the checkpoint's values: parameters, dropped after loading.

    Source: vllm.model_executor.layers.quantization.kv_cache.BaseKVCacheMethod.create_weights,
    vllm.model_executor.layers.quantization.compressed_tensors.compressed_tensors
    .CompressedTensorsKVCacheMethod.create_weights (0.33.0)
    Checked: Qwen3-30B-A3B-FP8 48 layers, 384 B; Llama-3.1-8B FP8-dynamic 32 layers, 576 B.
    """

    float32_scalars: int = 0
    model_dtype_scalars: int = 0

    def attention(self, dtype_bytes: int) -> tuple[Stored, ...]:
        """Some in float32, the rest in the model's dtype, torch's default while it is built."""
        found = (
            Stored(tensor_bytes=FLOAT32, count=self.float32_scalars),
            Stored(tensor_bytes=dtype_bytes, count=self.model_dtype_scalars),
        )
        return tuple(stored for stored in found if stored.count)


#: query, key, value and probability
CACHE_SCALES = CacheScales(model_dtype_scalars=4)
#: query, key and value; compressed-tensors adds their zero points
CACHE_SCALES_AND_ZEROS = CacheScales(float32_scalars=3, model_dtype_scalars=3)
