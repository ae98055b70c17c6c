"""MXFP4 checkpoints: 4-bit experts, everything else in 16 bits (gpt-oss)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.quant.schemes.mxfp4_experts import Mxfp4Experts
from planner.quant.unquantized import UNQUANTIZED, Partly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

METHODS = ("mxfp4", "gpt_oss_mxfp4")
_GPT_OSS = "gpt_oss"


@frozen
class Mxfp4(Partly):
    """MXFP4 experts; vLLM has no MXFP4 linear layer for these checkpoints.

    Source: vllm.model_executor.layers.quantization.mxfp4.Mxfp4Config, GptOssMxfp4Config (0.33.0)
    """

    method: str
    experts: Mxfp4Experts
    min_capability: int = 80

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Dtypes of activations that vLLM accepts."""
        return ("bfloat16",)

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """16 bits."""
        del names, module
        return UNQUANTIZED

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """MXFP4, whatever the list of layers left alone says."""
        del names, module
        return self.experts


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> Mxfp4:
    """A checkpoint with ``quant_method: mxfp4``; gpt-oss has kernels of its own."""
    gpt_oss = model.get("model_type") == _GPT_OSS or config.get("quant_method") == "gpt_oss_mxfp4"
    method = "gpt_oss_mxfp4" if gpt_oss else "mxfp4"
    return Mxfp4(method=method, experts=Mxfp4Experts(triton=gpt_oss))
