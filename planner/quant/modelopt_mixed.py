"""NVIDIA ModelOpt checkpoints that name a number format for each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.quant.modelopt import Excluded, excluded_layers, linear_scheme_of
from planner.quant.modelopt_keys import cache_dtype, inner
from planner.quant.names import plain
from planner.quant.schemes.cache_scales import CACHE_SCALES
from planner.quant.schemes.fp8 import Fp8Tensor
from planner.quant.schemes.fp8_block import Fp8Block
from planner.quant.schemes.nvfp4 import GROUP_SIZE
from planner.quant.unquantized import UNQUANTIZED, Partly
from planner.quant.values import group_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

METHODS = ("modelopt_mixed",)
_CACHE_BITS = 8
_BLOCK_EXPERTS = ("FP8_PB_WO", "FP8_BLOCK_SCALES")


@frozen
class ModelOptMixed(Partly):
    """``formats`` holds the layers' plain names, each with ModelOpt's name of its format.

    Source: vllm.model_executor.layers.quantization.modelopt.ModelOptMixedPrecisionConfig (0.33.0)
    """

    formats: Mapping[str, str]
    excluded: Excluded
    group_size: int
    cache_scales: bool
    cache: str = "auto"
    method: str = "modelopt_mixed"
    min_capability: int = 75

    @property
    def kv_cache_dtype(self) -> str:
        """What the checkpoint's cache was calibrated for."""
        return self.cache

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The layer's own format; 16 bits when it has none."""
        if self.excluded.has_linear(names, module):
            return UNQUANTIZED
        name = self._format((module, *names) if module else names)
        return linear_scheme_of(name, self.group_size) or UNQUANTIZED

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The format of the experts, of one of their matrices, or of the block around them."""
        if self.excluded.has_experts(names, module):
            return UNQUANTIZED
        prefix = plain(module or names[0])
        name = self._format((prefix, *names)) or self._below(prefix + ".")
        name = name or self._below(prefix.removesuffix("experts"))
        if name in _BLOCK_EXPERTS:
            return Fp8Block()
        if name == "FP8":
            return Fp8Tensor(static_inputs=True)
        return linear_scheme_of(name, self.group_size) or UNQUANTIZED

    def head_scheme(self, name: str) -> Scheme:
        """The head's own format."""
        return self.linear_scheme((name,), name)

    def attention_scheme(self, *, mla: bool) -> Scheme:
        """Scales for the cache where it is quantized, except in latent attention."""
        return CACHE_SCALES if self.cache_scales and not mla else UNQUANTIZED

    def _format(self, names: tuple[str, ...]) -> str:
        plain_names = [plain(name) for name in names]
        return next((self.formats[name] for name in plain_names if name in self.formats), "")

    def _below(self, prefix: str) -> str:
        return next((self.formats[name] for name in self.formats if name.startswith(prefix)), "")


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> ModelOptMixed:
    """A checkpoint whose ``quant_algo`` is MIXED_PRECISION.

    Raises:
        InvalidInputError: it names no layers.
    """
    del model
    layers = inner(config).get("quantized_layers")
    if not isinstance(layers, dict) or not layers:
        raise InvalidInputError(
            "the mixed-precision checkpoint names no quantized layers",
            cause="vLLM reads the map quantized_layers in config.json or hf_quant_config.json",
            fix="put hf_quant_config.json beside config.json",
        )
    formats = {
        plain(name): str(own.get("quant_algo") or "").upper() for name, own in layers.items()
    }
    nvfp4 = (own for name, own in layers.items() if "NVFP4" in formats[plain(name)])
    of_layer = group_size(next(nvfp4, {}), "group_size", default=GROUP_SIZE)
    return ModelOptMixed(
        formats=formats,
        excluded=excluded_layers(config),
        group_size=group_size(inner(config), "group_size", default=of_layer),
        cache_scales=_quantizes_cache(config),
        cache=cache_dtype(config),
    )


def _quantizes_cache(config: Mapping[str, Any]) -> bool:
    """Whether the checkpoint names a format of the KV cache."""
    stated = inner(config)
    if stated is not config:
        return bool(stated.get("kv_cache_quant_algo"))
    scheme = config.get("kv_cache_scheme")
    if not isinstance(scheme, dict):
        return False
    return scheme.get("type") == "float" and scheme.get("num_bits") == _CACHE_BITS
