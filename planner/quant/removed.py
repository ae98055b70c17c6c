"""Methods that vLLM knew once, and those on their way out."""

from __future__ import annotations

from planner.frozen import frozen


@frozen
class Removed:
    """A method of checkpoints or of ``--quantization`` that vLLM no longer has.

    ``absent_in`` is the first version seen without it; ``message`` is what vLLM says.
    """

    absent_in: str
    fix: str
    message: str = "Unknown quantization method"


_REQUANTIZE = "use the 16-bit checkpoint, with --quantization fp8_per_tensor where it is too large"
_OTHER_4_BIT = "use an AWQ, GPTQ, NVFP4 or compressed-tensors checkpoint of the model"

#: Source: vllm.model_executor.layers.quantization.QUANTIZATION_METHODS (0.33.0 and before)
REMOVED_METHODS: dict[str, Removed] = {
    "bitsandbytes": Removed(absent_in="0.32", fix=_OTHER_4_BIT),
    "gguf": Removed(
        absent_in="0.24",
        fix="pip install vllm-gguf-plugin, or " + _OTHER_4_BIT,
        message="GGUF left the core for the package vllm-gguf-plugin",
    ),
    "deepspeedfp": Removed(absent_in="0.15", fix=_REQUANTIZE),
    **{
        method: Removed(absent_in="0.32", fix=_OTHER_4_BIT)
        for method in ("aqlm", "bitblas", "gptq_bitblas", "gptq_marlin_24", "hqq")
    },
    **{
        method: Removed(absent_in="0.32", fix=_OTHER_4_BIT)
        for method in ("petit_nvfp4", "qqq", "squeezellm")
    },
    **{
        method: Removed(absent_in="0.32", fix=_REQUANTIZE)
        for method in ("ipex", "neuron_quant", "ptpc_fp8", "rtn", "tpu_int8")
    },
}

#: refused unless ``--allow-deprecated-quantization``.
#: Source: vllm.model_executor.layers.quantization.DEPRECATED_QUANTIZATION_METHODS (0.33.0)
DEPRECATED_METHODS = ("fbgemm_fp8", "fp_quant")
DEPRECATED_SINCE = (0, 14)
"""the first release with such a list"""
DEPRECATED_MESSAGE = "is deprecated and will be removed in future versions of vLLM"
