"""16-bit and 32-bit weights: one tensor a matrix, in the model's dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.quant.base import ExpertShard, LinearShard, Misfit, Scheme, Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS = ("none",)


@frozen(kw_only=False)
class Unquantized:
    """Weights in the model's own dtype.

    Source: vllm.model_executor.layers.linear.UnquantizedLinearMethod,
    vllm.model_executor.layers.fused_moe.unquantized_fused_moe_method (0.33.0)
    """

    name: str = "16-bit"
    weight_bits: float = 16
    kernel = "bf16"
    method: str = "none"
    min_capability: int = 0
    dtypes: tuple[str, ...] = ("bfloat16", "float16", "float32")
    refusals: tuple[str, ...] = ()
    kv_cache_dtype: str = "auto"

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """One weight of rows x inputs."""
        return (Stored(tensor_bytes=shard.rows * shard.inputs * shard.dtype_bytes),)

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """Two stacked weights, and their biases where the model has them."""
        sizes = (shard.experts * rows * columns for rows, columns in shard.matrices)
        weights = tuple(Stored(tensor_bytes=size * shard.dtype_bytes) for size in sizes)
        return weights + expert_biases(shard)

    def attention(self, dtype_bytes: int) -> tuple[Stored, ...]:
        """None: the cache keeps vLLM's own scales of 1."""
        del dtype_bytes
        return ()

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """Any shard will do."""
        del shard
        return ()

    def expert_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """Any shard will do."""
        del shard
        return ()

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Unquantized:
        """The same for every layer."""
        del names, module
        return self

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Unquantized:
        """The same for every layer."""
        del names, module
        return self

    def head_scheme(self, name: str) -> Unquantized:
        """The same as the layers."""
        del name
        return self

    def attention_scheme(self, *, mla: bool) -> Unquantized:
        """No scales to load."""
        del mla
        return self


UNQUANTIZED = Unquantized()


class Partly:
    """What most formats share: 16-bit activations; the head and attention left as they are."""

    __slots__ = ()

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Dtypes of activations that vLLM accepts."""
        return ("bfloat16", "float16")

    @property
    def refusals(self) -> tuple[str, ...]:
        """None: vLLM takes any checkpoint of the format."""
        return ()

    @property
    def kv_cache_dtype(self) -> str:
        """The cache stays in the model's dtype."""
        return "auto"

    def head_scheme(self, name: str) -> Scheme:
        """The head stays in the model's dtype."""
        del name
        return UNQUANTIZED

    def attention_scheme(self, *, mla: bool) -> Scheme:
        """No scales to load."""
        del mla
        return UNQUANTIZED


def expert_biases(shard: ExpertShard, dtype_bytes: int | None = None) -> tuple[Stored, ...]:
    """The biases of both expert matrices, where the model has them."""
    if not shard.bias:
        return ()
    wide = dtype_bytes or shard.dtype_bytes
    return tuple(Stored(tensor_bytes=shard.experts * rows * wide) for rows, _ in shard.matrices)


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> Unquantized:
    """A checkpoint without a ``quantization_config``."""
    del config, model
    return UNQUANTIZED
