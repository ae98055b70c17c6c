"""Which number format a checkpoint is in, or was asked to be quantized to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from planner import plugins
from planner.errors import InvalidInputError, nearest
from planner.quant.modelopt_keys import algorithm, method_of
from planner.quant.removed import REMOVED_METHODS
from planner.quant.unquantized import UNQUANTIZED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from planner.quant.base import Quantization

FORMATS = "planner.quant"
_NOT_FORMATS = ("modelopt_keys", "names", "read", "removed", "values")
_NESTED = ("text_config", "llm_config", "language_config", "thinker_config")
_ONLINE = "online"
_WITHOUT_SIZES = ("fp_quant", "humming", "quark", "torchao")
_DEEPSEEK_V4 = ("deepseek_v4", "deepseek_v4_text", "deepseek_v41", "deepseek_v41_text")
_KIMI_K3 = "kimi_k3"
_MXFP4_PACKED = "mxfp4-pack-quantized"
#: what ``--quantization`` may say of a checkpoint that vLLM reads by another name
_ACCEPTED = {
    "auto_awq": ("awq", "awq_marlin", "auto_awq", "marlin"),
    "auto_gptq": ("gptq", "gptq_marlin", "auto_gptq", "marlin"),
}
#: vLLM takes these for what they are, whatever ``--quantization`` says
_OVERRIDING = ("modelopt", "modelopt_fp4", "modelopt_mxfp8", "modelopt_mixed", "gpt_oss_mxfp4")


def quantization_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The checkpoint's ``quantization_config``; empty when it has none.

    Source: vllm.transformers_utils.model_arch_config_convertor
    .ModelArchConfigConvertorBase.get_quantization_config (0.33.0)
    """
    nested = [config.get(name) for name in _NESTED]
    for place in (config, *(part for part in nested if isinstance(part, dict))):
        for key in ("quantization_config", "compression_config"):
            found = place.get(key)
            if isinstance(found, dict) and found:
                return found
    return {}


def checkpoint_method(config: Mapping[str, Any]) -> str:
    """The method a checkpoint states, in vLLM's spelling; "" when it states none.

    Source: vllm.transformers_utils.model_arch_config_convertor.ModelArchConfigConvertorBase
    ._normalize_quantization_config, vllm.config.model.ModelConfig._verify_quantization,
    vllm.model_executor.models.config (0.33.0)
    """
    stated = quantization_config(config)
    method = str(stated.get("quant_method") or "").lower().replace("_tensors", "-tensors")
    if method.startswith("modelopt") or (
        not method and isinstance(stated.get("quantization"), dict)
    ):
        name = algorithm(stated)
        return method_of(name) if name else method
    if method == "fp8" and config.get("model_type") in _DEEPSEEK_V4:
        return "deepseek_v4_fp8"
    if config.get("model_type") == _KIMI_K3 and stated.get("format") == _MXFP4_PACKED:
        return "mxfp4"
    return method


def read_quantization(config: Mapping[str, Any], asked: str | None = None) -> Quantization:
    """The format of a checkpoint's weights.

    ``asked`` is ``--quantization``: an online method, which only an unquantized checkpoint
    takes, or the checkpoint's own method by name.

    Raises:
        InvalidInputError: no format of this planner is of that name, or vLLM dropped it.
    """
    method = checkpoint_method(config)
    if method:
        return _read(_module(method), quantization_config(config), config)
    if asked is None or asked.lower() == "none":
        return UNQUANTIZED
    _refuse_removed(asked.lower())
    online = plugins.load(FORMATS, _ONLINE)
    return _read(online, {"quant_method": asked.lower()}, config)


def argument_mismatch(config: Mapping[str, Any], asked: str | None) -> str | None:
    """What vLLM says when ``--quantization`` names another method than the checkpoint's.

    Source: vllm.config.model.ModelConfig._verify_quantization (0.33.0)
    """
    if asked is None or not checkpoint_method(config):
        return None
    method = read_quantization(config).method
    wanted = asked.lower()
    if method in _OVERRIDING or wanted in (method, *_ACCEPTED.get(method, ())):
        return None
    return (
        f"Quantization method specified in the model config ({method}) does not match the "
        f"quantization method specified in the `quantization` argument ({wanted})."
    )


def _module(method: str) -> ModuleType:
    """The format of a name; the one in a file of like name is looked at first."""
    _refuse_removed(method)
    word = method.replace("-", "_")
    names = [name for name in plugins.names(FORMATS) if name not in (*_NOT_FORMATS, _ONLINE)]
    known: set[str] = set()
    for name in sorted(names, key=lambda name: name not in word):
        module = plugins.load(FORMATS, name)
        if method in module.METHODS:
            return module
        known.update(module.METHODS)
    if method in _WITHOUT_SIZES:
        raise InvalidInputError(
            f"the sizes of {method} checkpoints are not known",
            cause="vLLM reads them, but this planner has no formulas for what it builds",
            fix="take the model in another number format, such as fp8 or compressed-tensors",
        )
    close = nearest(method, known)
    raise InvalidInputError(
        f"the quantization method {method} is not known",
        cause="vLLM refuses a checkpoint of an unknown method",
        fix=f"nearest known: {', '.join(close)}" if close else "",
    )


def _refuse_removed(method: str) -> None:
    removed = REMOVED_METHODS.get(method)
    if removed is not None:
        raise InvalidInputError(
            f"vLLM no longer reads the quantization method {method}",
            cause=f"{removed.message}; gone by vLLM {removed.absent_in}",
            fix=removed.fix,
        )


def _read(module: ModuleType, config: Mapping[str, Any], model: Mapping[str, Any]) -> Quantization:
    try:
        return cast("Quantization", module.read(config, model))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # the format's reader took a value for what its key should hold, and it is not
        raise InvalidInputError(
            f"the quantization_config of {config.get('quant_method')} cannot be read",
            cause=str(error),
            fix="use the config.json that lies beside the checkpoint",
        ) from error
