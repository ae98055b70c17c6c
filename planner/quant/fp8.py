"""8-bit float checkpoints: DeepSeek's and Qwen's blocks, or one scale a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.quant.names import ExactList
from planner.quant.schemes.cache_scales import CACHE_SCALES
from planner.quant.schemes.fp8 import Fp8Tensor
from planner.quant.schemes.fp8_block import Fp8Block
from planner.quant.schemes.mxfp4_experts import Mxfp4Experts
from planner.quant.unquantized import UNQUANTIZED, Partly
from planner.quant.values import block_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

METHODS = ("fp8",)
MIN_CAPABILITY = 75


@frozen
class Fp8(Partly):
    """One scheme for all linear layers and all experts but the ignored ones.

    Source: vllm.model_executor.layers.quantization.fp8.Fp8Config (0.33.0)
    """

    scheme: Scheme
    experts: Scheme
    ignored: ExactList
    method: str = "fp8"
    min_capability: int = MIN_CAPABILITY

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """fp8 unless it is ignored."""
        return UNQUANTIZED if self.ignored.has_linear(names, module) else self.scheme

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """fp8 unless they are ignored."""
        return UNQUANTIZED if self.ignored.has_experts(names, module) else self.experts

    def attention_scheme(self, *, mla: bool) -> Scheme:
        """Scales for the cache, except in latent attention."""
        return UNQUANTIZED if mla else CACHE_SCALES


def fp8_scheme(config: Mapping[str, Any], *, scale_bytes: int | None = None) -> Scheme:
    """The scheme that ``weight_block_size`` and ``activation_scheme`` name."""
    block = config.get("weight_block_size")
    if not block:
        return Fp8Tensor(static_inputs=config.get("activation_scheme") == "static")
    if scale_bytes is None:
        return Fp8Block(block=block_shape(block))
    return Fp8Block(block=block_shape(block), scale_bytes=scale_bytes)


def ignored_layers(config: Mapping[str, Any]) -> ExactList:
    """The layers left in 16 bits."""
    return ExactList.of(config.get("ignored_layers") or config.get("modules_to_not_convert"))


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> Fp8:
    """A checkpoint with ``quant_method: fp8``."""
    del model
    scheme = fp8_scheme(config)
    experts = Mxfp4Experts() if config.get("store_dtype") == "mxfp4" else scheme
    return Fp8(scheme=scheme, experts=experts, ignored=ignored_layers(config))
