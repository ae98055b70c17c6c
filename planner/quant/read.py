"""Which number format a checkpoint is in, or was asked to be quantized to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from planner import plugins
from planner.errors import InvalidInputError, nearest
from planner.quant.unquantized import UNQUANTIZED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.quant.base import Quantization

FORMATS = "planner.quant"
_NOT_FORMATS = ("read",)
_NESTED = ("text_config", "llm_config", "language_config", "thinker_config")


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


def read_quantization(config: Mapping[str, Any], asked: str | None = None) -> Quantization:
    """The format of a checkpoint's weights.

    ``asked`` is ``--quantization``: an online method on an unquantized checkpoint, or the
    checkpoint's own method by name.

    Raises:
        InvalidInputError: no format of this planner is of that name.
    """
    stated = quantization_config(config)
    method = str(stated.get("quant_method") or asked or "none").lower()
    if method == "none":
        return UNQUANTIZED
    known: set[str] = set()
    for name in plugins.names(FORMATS):
        if name in _NOT_FORMATS:
            continue
        module = plugins.load(FORMATS, name)
        if method in module.METHODS:
            return cast("Quantization", module.read(stated or {"quant_method": method}))
        known.update(module.METHODS)
    close = nearest(method, known)
    raise InvalidInputError(
        f"the quantization method {method} is not known",
        cause="vLLM refuses a checkpoint of an unknown or removed method",
        fix=f"nearest known: {', '.join(close)}" if close else "",
    )
