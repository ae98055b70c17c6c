"""16-bit and 32-bit weights: one tensor a matrix, in the model's dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.quant.base import ExpertShard, LinearShard, Misfit, Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS = ("none",)


@dataclass(frozen=True, slots=True)
class Unquantized:
    """Weights in the model's own dtype.

    Source: vllm.model_executor.layers.linear.UnquantizedLinearMethod,
    vllm.model_executor.layers.fused_moe.unquantized_fused_moe_method (0.33.0)
    """

    name: str = "16-bit"
    weight_bits: float = 16
    method: str = "none"
    min_capability: int = 0

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """One weight of rows x inputs."""
        return (Stored(tensor_bytes=shard.rows * shard.inputs * shard.dtype_bytes),)

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """Two stacked weights, and their biases where the model has them."""
        up = shard.experts * shard.up_rows * shard.dtype_bytes
        down = shard.experts * shard.hidden * shard.dtype_bytes
        weights = (
            Stored(tensor_bytes=up * shard.hidden),
            Stored(tensor_bytes=down * shard.intermediate),
        )
        biases = (Stored(tensor_bytes=up), Stored(tensor_bytes=down)) if shard.bias else ()
        return weights + biases

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """Any shard will do."""
        del shard
        return ()

    def expert_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """Any shard will do."""
        del shard
        return ()

    def linear_scheme(self, names: tuple[str, ...]) -> Unquantized:
        """The same for every layer."""
        del names
        return self

    def expert_scheme(self, names: tuple[str, ...]) -> Unquantized:
        """The same for every layer."""
        del names
        return self


UNQUANTIZED = Unquantized()


def read(config: Mapping[str, Any]) -> Unquantized:
    """A checkpoint without a ``quantization_config``."""
    del config
    return UNQUANTIZED
