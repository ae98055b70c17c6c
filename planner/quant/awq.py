"""AWQ checkpoints: 4-bit weights with zero points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.quant.names import PartList
from planner.quant.schemes.awq import BITS, Awq
from planner.quant.unquantized import UNQUANTIZED, Partly
from planner.quant.values import bits, group_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

METHODS = ("awq", "awq_marlin", "auto_awq")


@frozen
class AutoAwq(Partly):
    """One scheme for all layers whose name contains none of the listed parts.

    Where the checkpoint lists none, vLLM looks which tensors are packed; all linear layers are
    taken to be.

    Source: vllm.model_executor.layers.quantization.auto_awq.AutoAWQConfig (0.33.0)
    """

    scheme: Awq
    ignored: PartList
    head: bool = False
    bits: int = BITS
    method: str = "auto_awq"
    min_capability: int = 75

    @property
    def refusals(self) -> tuple[str, ...]:
        """AWQ of other widths than 4 bits."""
        return () if self.bits == BITS else (f"Unsupported num_bits = {self.bits}",)

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """4 bits unless it is ignored."""
        return UNQUANTIZED if self.ignored.has_linear(names, module) else self.scheme

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """4 bits unless they are ignored."""
        return UNQUANTIZED if self.ignored.has_experts(names, module) else self.scheme

    def head_scheme(self, name: str) -> Scheme:
        """4 bits where the checkpoint says ``lm_head: true``."""
        return self.linear_scheme((name,), name) if self.head else UNQUANTIZED


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> AutoAwq:
    """A checkpoint with ``quant_method: awq``."""
    del model
    size = group_size(config, "q_group_size", "group_size")
    return AutoAwq(
        scheme=Awq(group_size=size, zero_points=bool(config.get("zero_point", True))),
        ignored=PartList.of(config.get("modules_to_not_convert")),
        head=bool(config.get("lm_head")),
        bits=bits(config, "w_bit", "bits"),
    )
