"""What ``--kv-cache-dtype auto`` means for a checkpoint, and the values vLLM refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODELOPT = {"fp8": "fp8_e4m3", "nvfp4": "nvfp4"}
#: model classes whose cache vLLM makes fp8 on datacentre Blackwell: class and vLLM's name
_BLACKWELL_FP8 = {
    "GlmMoeDsaForCausalLM": "fp8_e4m3",
    "Glm5NextForCausalLM": "fp8",
    "Glm5NextForConditionalGeneration": "fp8",
}
#: model classes that read bfloat16 as auto
_BFLOAT16_IS_AUTO = ("DeepseekV32ForCausalLM",)


def resolve_kv_cache_dtype(
    asked: str,
    quantization: Mapping[str, Any] | None = None,
    *,
    architecture: str = "",
    capability: int = 90,
) -> str:
    """The value that ``auto`` stands for; any other value stands for itself.

    ``quantization`` is the checkpoint's ``quantization_config``: ModelOpt and compressed-tensors
    may state that the cache is quantized too. ``architecture`` is the model's class.
    Source: vllm.utils.torch_utils.resolve_kv_cache_dtype_string,
    vllm.model_executor.layers.attention.attention.Attention, and
    vllm.model_executor.models.config (0.33.0)

    >>> resolve_kv_cache_dtype(
    ...     "auto", {"quant_method": "modelopt", "kv_cache_quant_algo": "FP8"}
    ... )
    'fp8_e4m3'
    """
    if architecture in _BFLOAT16_IS_AUTO and asked == "bfloat16":
        return "auto"
    if asked != "auto":
        return asked
    stated = _stated(quantization or {})
    if stated == "auto" and capability // 10 == 10:  # noqa: PLR2004 - datacentre Blackwell
        return _BLACKWELL_FP8.get(architecture, "auto")
    return stated


def _stated(quantization: Mapping[str, Any]) -> str:
    method = str(quantization.get("quant_method") or "")
    if method.startswith("modelopt"):
        return _modelopt(quantization)
    if method == "compressed-tensors" and quantization.get("kv_cache_scheme"):
        return "fp8"
    return "auto"


def _modelopt(quantization: Mapping[str, Any]) -> str:
    inner = quantization.get("quantization") or quantization
    algorithm = next(
        (
            source[key]
            for key in ("kv_cache_scheme", "kv_cache_quant_algo")
            for source in (inner, quantization)
            if source.get(key)
        ),
        None,
    )
    if isinstance(algorithm, dict):
        bits, kind = algorithm.get("num_bits"), algorithm.get("type")
        static_fp8 = bits == 8 and algorithm.get("dynamic") is False  # noqa: PLR2004 - its bits
        name = "fp8" if static_fp8 else "nvfp4" if bits == 4 else ""  # noqa: PLR2004 - its bits
        algorithm = name if kind == "float" else ""
    return _MODELOPT.get(str(algorithm).lower(), "auto")


def refuse_kv_cache_dtype(name: str, *, dtype: str, mla: bool, fp8_scales: bool = False) -> None:
    """Refuse what vLLM refuses before it looks for an attention backend.

    ``dtype`` is the model's; ``fp8_scales`` says that the checkpoint brings scales of an fp8
    cache, or that its weights are fp8.
    Source: vllm.config.vllm.VllmConfig (_reject_mismatched_float_kv_cache,
    validate_nvfp4_kv_cache_with_mla),
    vllm.model_executor.layers.attention.attention._init_kv_cache_quant (0.33.0)

    Raises:
        UsageError: the format does not go with the model.
    """
    if name in ("float16", "bfloat16") and name != dtype:
        raise UsageError(
            f"--kv-cache-dtype {name} is incompatible with --dtype {dtype}",
            cause="a 16-bit cache must have the model's own dtype",
            fix="use --kv-cache-dtype auto",
        )
    if name.startswith("nvfp4") and not name.endswith("_ds_mla") and mla:
        raise UsageError(
            f"--kv-cache-dtype {name} is not supported with MLA",
            cause="the layout stores heads, and MLA stores one latent for all heads",
            fix="use --kv-cache-dtype fp8",
        )
    if name == "fp8_e5m2" and fp8_scales:
        raise UsageError(
            "--kv-cache-dtype fp8_e5m2 is not supported with fp8 checkpoints",
            cause="their scales are made for fp8_e4m3",
            fix="use --kv-cache-dtype fp8",
        )
