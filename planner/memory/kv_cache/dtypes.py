"""Bytes that one token of one KV head takes, for every ``--kv-cache-dtype`` of vLLM.

Source: vllm.config.cache.CacheDType, vllm.utils.torch_utils.STR_DTYPE_TO_TORCH_DTYPE, and
``customize_spec`` of the backends (0.33.0)
"""

from __future__ import annotations

from planner.errors import UnknownNameError, nearest
from planner.frozen import frozen
from planner.units import DTYPE_BYTES, ceil_div, round_up

_SCALE_BYTES = 4
"""a float32 scale"""


@frozen
class KvDtype:
    """How keys and values are stored.

    ``element_bytes`` is 0 where the model's own dtype holds; ``element_bits`` is set where
    elements are packed below a byte. ``scales`` are float32 scales beside each token and head.
    ``mla_bytes`` is the size of a whole latent row in the formats that pack one.
    """

    element_bytes: int = 1
    key_bits: int | None = None
    value_bits: int | None = None
    scales: int = 0
    nvfp4: bool = False
    mla_bytes: int | None = None

    @property
    def turboquant(self) -> bool:
        """Whether keys and values share one packed slot."""
        return self.key_bits is not None


#: of these, fp8_inc has kernels on Gaudi only, octave_* and ultraquant_4bit on ROCm only
KV_DTYPES = {
    "auto": KvDtype(element_bytes=0),
    "float16": KvDtype(element_bytes=2),
    "bfloat16": KvDtype(element_bytes=2),
    "fp8": KvDtype(),
    "fp8_e4m3": KvDtype(),
    "fp8_e5m2": KvDtype(),
    "fp8_inc": KvDtype(),
    "fp8_ds_mla": KvDtype(mla_bytes=656),
    "nvfp4_ds_mla": KvDtype(mla_bytes=352),
    "turboquant_k8v4": KvDtype(key_bits=8, value_bits=4),
    "turboquant_4bit_nc": KvDtype(key_bits=4, value_bits=4),
    "turboquant_k3v4_nc": KvDtype(key_bits=3, value_bits=4),
    "turboquant_3bit_nc": KvDtype(key_bits=3, value_bits=3),
    "octave_k3v4": KvDtype(),
    "octave_k3v3": KvDtype(),
    "octave_k3v3_compact": KvDtype(),
    "ultraquant_4bit": KvDtype(),
    "int4_per_token_head": KvDtype(scales=2),
    "int8_per_token_head": KvDtype(scales=2),
    "fp8_per_token_head": KvDtype(scales=2),
    "nvfp4": KvDtype(nvfp4=True),
    "nvfp4_4over6": KvDtype(nvfp4=True),
}


def kv_dtype(name: str) -> KvDtype:
    """The storage of a ``--kv-cache-dtype``.

    Raises:
        UnknownNameError: vLLM has no such value.
    """
    try:
        return KV_DTYPES[name]
    except KeyError:
        like = nearest(name, KV_DTYPES) or list(KV_DTYPES)
        raise UnknownNameError(
            f"--kv-cache-dtype {name} is unknown",
            cause=f"vLLM knows {', '.join(KV_DTYPES)}",
            fix=f"use --kv-cache-dtype {like[0]}",
        ) from None


def element_bytes(name: str, model_dtype: str) -> int:
    """Bytes of one stored element; packed formats count bytes.

    >>> element_bytes("auto", "bfloat16"), element_bytes("fp8", "bfloat16")
    (2, 1)
    """
    return kv_dtype(name).element_bytes or DTYPE_BYTES[model_dtype]


def head_bytes(name: str, model_dtype: str, head_size: int, head_size_v: int) -> int:
    """Bytes of one token's key and value in one KV head, scales included.

    Not counted: per-tensor scales, which are weights. The formats of ROCm are counted as one
    byte an element, which is above what they take.
    Source: ``customize_spec`` of TritonAttentionBackend, FlashInferBackend and
    TurboQuantAttentionBackend; vllm.utils.torch_utils.nvfp4_kv_cache_full_dim (0.33.0)

    >>> [head_bytes(n, "bfloat16", 128, 128) for n in ("auto", "int8_per_token_head", "nvfp4")]
    [512, 264, 144]
    >>> head_bytes("turboquant_4bit_nc", "bfloat16", 128, 128)
    134
    """
    dtype = kv_dtype(name)
    if dtype.nvfp4:
        return _nvfp4_bytes(head_size) + _nvfp4_bytes(head_size_v)
    if dtype.key_bits is not None and dtype.value_bits is not None:
        return _turboquant_bytes(head_size, dtype.key_bits, dtype.value_bits)
    elements = head_size + head_size_v
    if name == "int4_per_token_head":
        elements = head_size // 2 + head_size_v // 2
    return elements * element_bytes(name, model_dtype) + dtype.scales * _SCALE_BYTES


def _nvfp4_bytes(elements: int) -> int:
    """Two elements a byte, and an fp8 scale for every 16."""
    return elements // 2 + elements // 16


def _turboquant_bytes(head_size: int, key_bits: int, value_bits: int) -> int:
    """Key and value packed into one slot of an even number of bytes.

    A key of 8 bits is fp8, a smaller one is indices and its norm (2 bytes); a value carries
    its scale and zero (4 bytes).
    Source: vllm.model_executor.layers.quantization.turboquant.config.TurboQuantConfig (0.33.0)
    """
    key = head_size if key_bits == 8 else ceil_div(head_size * key_bits, 8) + 2  # noqa: PLR2004
    value = ceil_div(head_size * value_bits, 8) + 4
    return round_up(key + value, 2)


def latent_bytes(name: str, model_dtype: str, head_size: int) -> int:
    """Bytes of one token's latent (MLA), shared by all heads.

    Source: vllm.model_executor.layers.attention.mla_attention.MLAAttention.get_kv_cache_spec
    (0.33.0)

    >>> latent_bytes("auto", "bfloat16", 576), latent_bytes("fp8_ds_mla", "bfloat16", 576)
    (1152, 656)
    """
    dtype = kv_dtype(name)
    if dtype.mla_bytes is not None:
        return dtype.mla_bytes
    return head_size * element_bytes(name, model_dtype)
