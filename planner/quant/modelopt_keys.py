"""What ModelOpt's keys say, whichever of its files and versions wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOUR_BITS, _EIGHT_BITS = 4, 8
_CACHE_DTYPES = {"fp8": "fp8_e4m3", "nvfp4": "nvfp4"}


def inner(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """What ``hf_quant_config.json`` nests under ``quantization``, or the configuration itself."""
    nested = config.get("quantization")
    return nested if isinstance(nested, dict) else config


def algorithm(config: Mapping[str, Any]) -> str:
    """ModelOpt's name of the number format, in capitals; "" when it states none."""
    return str(inner(config).get("quant_algo") or "").upper()


def method_of(name: str) -> str:
    """The method of vLLM for a format, by ModelOpt's name of it."""
    if name == "MIXED_PRECISION":
        return "modelopt_mixed"
    if "MXFP8" in name:
        return "modelopt_mxfp8"
    return "modelopt_fp4" if "FP4" in name else "modelopt"


def cache_dtype(config: Mapping[str, Any]) -> str:
    """The dtype of the KV cache a checkpoint names, in vLLM's spelling; ``auto`` for none.

    Source: vllm.utils.torch_utils.get_kv_cache_quant_algo_string (0.33.0)
    """
    places = (inner(config), config)
    keys = ("kv_cache_scheme", "kv_cache_quant_algo")
    named = next((at[key] for key in keys for at in places if at.get(key)), None)
    if isinstance(named, dict):
        four = named.get("type") == "float" and named.get("num_bits") == _FOUR_BITS
        eight = named.get("type") == "float" and named.get("num_bits") == _EIGHT_BITS
        named = "fp8" if eight and named.get("dynamic") is False else "nvfp4" if four else ""
    return _CACHE_DTYPES.get(str(named or "").lower(), "auto")
