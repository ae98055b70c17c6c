"""NVIDIA ModelOpt checkpoints of one number format: FP8, NVFP4 or MXFP8."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.quant.modelopt_keys import algorithm, cache_dtype, inner, method_of
from planner.quant.names import ExactList, PartList, matches, wildcards
from planner.quant.schemes.cache_scales import CACHE_SCALES
from planner.quant.schemes.fp8 import Fp8Channel, Fp8Tensor
from planner.quant.schemes.fp8_block import ModelOptFp8Block
from planner.quant.schemes.microscaling import Microscaling
from planner.quant.schemes.nvfp4 import GROUP_SIZE, Nvfp4
from planner.quant.unquantized import UNQUANTIZED, Partly
from planner.quant.values import group_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Scheme

METHODS = ("modelopt", "modelopt_fp4", "modelopt_mxfp8", "mxfp8")
_VISION = ("vision_tower", "vision_model", "vit_large_projector")
_MINIMAX = "mxfp8"
"""MiniMax's name of ModelOpt's MXFP8"""
_MIN_CAPABILITY = {"modelopt": 80, "modelopt_fp4": 75, "modelopt_mxfp8": 80, _MINIMAX: 80}


@frozen
class Excluded:
    """ModelOpt's list: whole names, parts of names and shell patterns at once.

    Source: vllm.model_executor.layers.quantization.modelopt.ModelOptQuantConfigBase
    .is_layer_excluded, apply_vllm_mapper (0.33.0)
    """

    exact: ExactList
    parts: PartList
    pattern: str

    @classmethod
    def of(cls, listed: list[str] | None) -> Excluded:
        """A list as the checkpoint has it."""
        names = [str(name) for name in listed or ()]
        return cls(
            exact=ExactList.of(names),
            parts=PartList.of(name for name in names if "*" not in name),
            pattern=wildcards(name for name in names if "*" in name),
        )

    def has_linear(self, names: tuple[str, ...], module: str = "") -> bool:
        """Whether a linear layer is excluded."""
        return self.exact.has_linear(names, module) or self._has(module or names[0])

    def has_experts(self, names: tuple[str, ...], module: str = "") -> bool:
        """Whether the routed experts of a layer are excluded."""
        return self.exact.has_experts(names, module) or self._has(module or names[0])

    def _has(self, name: str) -> bool:
        return self.parts.has(name) or bool(self.pattern and matches(self.pattern, name))


@frozen
class ModelOpt(Partly):
    """One scheme for all linear layers, the head among them, and one for the experts.

    Source: vllm.model_executor.layers.quantization.modelopt.ModelOptFp8Config,
    ModelOptNvFp4Config, ModelOptMxFp8Config (0.33.0)
    """

    scheme: Scheme
    experts: Scheme
    excluded: Excluded
    method: str
    cache: str = "auto"

    @property
    def kv_cache_dtype(self) -> str:
        """What the checkpoint's cache was calibrated for."""
        return self.cache

    @property
    def min_capability(self) -> int:
        """The least compute capability vLLM accepts."""
        return _MIN_CAPABILITY[self.method]

    @property
    def dtypes(self) -> tuple[str, ...]:
        """MXFP8 works on bfloat16 alone."""
        return ("bfloat16",) if "mxfp8" in self.method else ("bfloat16", "float16")

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The scheme unless the layer is excluded or of a vision tower."""
        if any(part in names[0] for part in _VISION) or self.excluded.has_linear(names, module):
            return UNQUANTIZED
        return self.scheme

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The scheme unless they are excluded."""
        return UNQUANTIZED if self.excluded.has_experts(names, module) else self.experts

    def head_scheme(self, name: str) -> Scheme:
        """The head is a linear layer like others, though most checkpoints exclude it."""
        return self.linear_scheme((name,), name)

    def attention_scheme(self, *, mla: bool) -> Scheme:
        """Scales for the cache, in latent attention too."""
        del mla
        return CACHE_SCALES


def excluded_layers(config: Mapping[str, Any]) -> Excluded:
    """The layers left in 16 bits, under whichever key this version of ModelOpt wrote."""
    stated = inner(config)
    keys = ("ignore", "exclude_modules", "ignored_layers")
    return Excluded.of(next((stated[key] for key in keys if stated.get(key)), None))


def linear_scheme_of(name: str, group: int = GROUP_SIZE) -> Scheme | None:
    """The scheme of linear layers in a format, by ModelOpt's name of it.

    Source: vllm.model_executor.layers.quantization.modelopt.resolve (0.33.0)
    """
    if name == "FP8":
        return Fp8Tensor(static_inputs=True)
    if name == "FP8_PER_CHANNEL_PER_TOKEN":
        return Fp8Channel()
    if name == "FP8_PB_WO":
        return ModelOptFp8Block()
    if name == "MXFP8":
        return Microscaling(bits=8)
    if name in ("NVFP4", "W4A16_NVFP4"):
        return Nvfp4(group_size=group, inputs="scaled" if name == "NVFP4" else "dropped")
    return None


def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> ModelOpt:
    """A checkpoint with ``quant_method: modelopt`` or MiniMax's ``mxfp8``.

    Raises:
        InvalidInputError: vLLM does not know the format.
    """
    del model
    method = str(config.get("quant_method"))
    name = algorithm(config) or ("MXFP8" if method == _MINIMAX else "")
    if name == "NVFP4" and _weight_only(config):
        name = "W4A16_NVFP4"
    scheme = linear_scheme_of(name, group_size(inner(config), "group_size", default=GROUP_SIZE))
    if scheme is None:
        raise InvalidInputError(
            f"the ModelOpt format {name or 'of no name'} is not known",
            cause="vLLM reads FP8, NVFP4, MXFP8 and MIXED_PRECISION",
            fix="use the config.json or hf_quant_config.json that lies beside the checkpoint",
        )
    # experts of all the FP8 forms are stored with one scale a matrix
    experts = Fp8Tensor(static_inputs=True) if name.startswith("FP8") else scheme
    return ModelOpt(
        scheme=scheme,
        experts=experts,
        excluded=excluded_layers(config),
        method=method if method == _MINIMAX else method_of(name),
        cache=cache_dtype(config),
    )


def _weight_only(config: Mapping[str, Any]) -> bool:
    groups = config.get("config_groups")
    if not isinstance(groups, dict) or not groups:
        return False
    return all(group.get("input_activations") is None for group in groups.values())
