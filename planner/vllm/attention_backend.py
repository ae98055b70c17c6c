"""Which attention backend vLLM takes for a layer on a GPU, and the block sizes it accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.vllm import attention_kernels as kernels
from planner.vllm.attention_need import NoBackendError, capability_text
from planner.vllm.attention_objections import FLASH, objections, refuse_number_format
from planner.vllm.flash_attention import (
    BLACKWELL,
    FA4_MAJORS,
    HOPPER,
    flash_attention_version,
    kernel_page,
)

if TYPE_CHECKING:
    from planner.vllm.attention_need import AttentionNeed

DEFAULT_BLOCK_SIZE = 16
"""tokens in a block where no backend objects (vllm.config.cache.CacheConfig, 0.33.0)"""
_CONSUMER_BLACKWELL = 12

UNLIKE_HEADS = "_DIFFKV"
"""how backends are called that serve keys and values of different size"""


@frozen
class AttentionBackend:
    """The backend of a layer.

    ``block_sizes`` are tokens of a kernel's block: these alone when ``exact``, else multiples
    too. A block of the cache may be several kernel blocks. ``preferred`` overrides the default
    block size; ``block_outermost`` says that pages of all layers lie side by side in a block.
    ``stride_rows``: blocks lie whole pages of so many rows apart.
    """

    name: str
    block_sizes: tuple[int, ...]
    exact: bool = False
    preferred: int | None = None
    block_outermost: bool = False
    stride_rows: int | None = None

    def accepts(self, block_size: int) -> bool:
        """Whether blocks of the cache may have this many tokens.

        Source: vllm.v1.attention.backend.AttentionBackend.supports_block_size (0.33.0)
        """
        return any(block_size % size == 0 for size in self.block_sizes)

    @property
    def smallest(self) -> int:
        """Tokens of the smallest kernel block."""
        return min(self.block_sizes)

    @property
    def split_above(self) -> int | None:
        """Tokens above which a block is split into kernel blocks; None when any size is one."""
        return max(self.block_sizes) if self.exact else None


#: backends that a model class names itself, instead of asking the selector
SPARSE_INDEXER = AttentionBackend(name="DEEPSEEK_V32_INDEXER", block_sizes=(64,), exact=True)
BLOCK_INDEXER = AttentionBackend(name="MINIMAX_M3_SPARSE_INDEXER", block_sizes=(128,), exact=True)
BLOCK_SPARSE = AttentionBackend(name="MINIMAX_M3_SPARSE", block_sizes=(128,), exact=True)
V4_INDEXER = AttentionBackend(
    name="DEEPSEEK_V4_INDEXER", block_sizes=(256,), exact=True, block_outermost=True
)
GROUP_KEYS = AttentionBackend(
    name="QWEN4_EXP_EXP_QSA_STATE", block_sizes=(1,), block_outermost=True
)
GROUP_SPARSE = AttentionBackend(name="QWEN4_EXP_QSA_TRITON", block_sizes=(16,))
POOL_TAIL = AttentionBackend(name="KPOOL_TAIL", block_sizes=(1,), block_outermost=True)
V4_LATENT = AttentionBackend(name="FLASHMLA_SPARSE_DSV4", block_sizes=(256,), exact=True)
V4_WINDOW = AttentionBackend(name="DEEPSEEK_SPARSE_SWA", block_sizes=(32,), preferred=256)
V4_COMPRESSOR = AttentionBackend(name="CompressorBackend", block_sizes=(1,))


def choose_backend(
    need: AttentionNeed, capability: int, *, flashinfer: bool = True
) -> AttentionBackend:
    """The first backend that has nothing against the layer.

    ``capability`` is vLLM's whole number (90 for Hopper). ``flashinfer`` says whether that
    package, which vLLM requires on CUDA, can be imported.
    Source: vllm.platforms.cuda.CudaPlatformBase.get_attn_backend_cls (0.33.0)
    Checked: the backend names of 6,000 layouts of vLLM's own answers.

    Raises:
        NoBackendError: every backend objects, or the chosen one refuses when it is built.
    """
    order = kernels.priorities(
        capability // 10, mla=need.mla, mm_prefix=need.mm_prefix, quantized=need.quantized
    )
    if need.mixed_heads and capability // 10 not in FA4_MAJORS:
        order = (kernels.TRITON_ATTN,)
    if need.head_size != need.head_size_v and not need.mla:
        return _unlike_heads(need, capability)
    reasons: dict[str, list[str]] = {}
    for kernel in order:
        found = objections(kernel, need, capability, flashinfer=flashinfer)
        block_size = need.block_size
        if block_size and not _backend(kernel, need, capability).accepts(block_size):
            found.append("block_size not supported")
        if not found:
            refuse_number_format(kernel.name, need, capability)
            return _backend(kernel, need, capability)
        reasons[kernel.name] = found
    listed = "; ".join(f"{name}: {', '.join(found)}" for name, found in reasons.items())
    raise NoBackendError(
        f"no attention backend of vLLM serves heads of {need.head_size} in {need.dtype} with a "
        f"{need.kv_cache_dtype} KV cache on compute capability {capability_text(capability)}",
        cause=listed,
        fix="use another --kv-cache-dtype, --dtype or GPU",
    )


def _unlike_heads(need: AttentionNeed, capability: int) -> AttentionBackend:
    """The backend that a model class names where keys and values differ in size.

    Source: vllm.model_executor.models.mimo_v2.MiMoV2Attention (0.33.0)
    """
    if flash_attention_version(need, capability) == 2:  # noqa: PLR2004 - the version
        refuse_number_format("TRITON_ATTN", need, capability)
        if need.quantized and need.kv_cache_dtype not in ("fp8", "fp8_e4m3"):
            raise NoBackendError(
                f"{need.kv_cache_dtype} KV cache is not supported by vLLM where keys and values "
                "differ in size",
                cause="Triton's kernel for such heads reads fp8 alone",
                fix="use --kv-cache-dtype auto or fp8",
            )
        return AttentionBackend(name=f"TRITON_ATTN{UNLIKE_HEADS}", block_sizes=(16,))
    if need.quantized and capability // 10 != HOPPER:
        raise NoBackendError(
            f"{need.kv_cache_dtype} KV cache is not supported by vLLM where keys and values "
            f"differ in size on compute capability {capability_text(capability)}",
            cause="FlashAttention reads such a cache on Hopper only",
            fix="use --kv-cache-dtype auto",
        )
    return AttentionBackend(name=f"FLASH_ATTN{UNLIKE_HEADS}", block_sizes=(16,))


def resized_for_model(
    backend: AttentionBackend, need: AttentionNeed, capability: int
) -> AttentionBackend:
    """The backend with the block sizes it states for a model as a whole.

    vLLM asks FlashAttention once with the model's widest head, whatever a layer's is.
    Source: vllm.v1.attention.backends.flash_attn.FlashAttentionBackend
    .get_supported_kernel_block_sizes (0.33.0)
    """
    return _flash(backend.name, need, capability) if backend.name in FLASH else backend


def _backend(kernel: kernels.Kernel, need: AttentionNeed, capability: int) -> AttentionBackend:
    if kernel.name in FLASH:
        return _flash(kernel.name, need, capability)
    return AttentionBackend(
        name=kernel.name,
        block_sizes=kernel.block_sizes,
        exact=kernel.exact,
        stride_rows=_stride_rows(kernel, need, capability) if kernel.sparse else None,
    )


def _stride_rows(kernel: kernels.Kernel, need: AttentionNeed, capability: int) -> int:
    """Sparse kernels read a cache as flat rows, or as pages of rows.

    Source: ``customize_spec`` of the sparse backends in vllm.v1.attention.backends.mla (0.33.0)
    """
    flat = kernel in (kernels.FLASH_ATTN_MLA_SPARSE, kernels.FLASHINFER_MLA_SPARSE_SM90)
    if kernel is kernels.FLASHMLA_SPARSE:
        flat = not need.quantized or capability // 10 == BLACKWELL
    return 1 if flat else kernel.block_sizes[0]


def pooled_indexer(pool: int, capability: int) -> AttentionBackend:
    """The backend of keys that stand for a pool of tokens: pages of 32 or 64 of them.

    Source: vllm.v1.attention.backends.mla.indexer.Glm5NextIndexerBackend,
    vllm.utils.deep_gemm.get_paged_mqa_page_sizes (0.33.0)
    """
    pages = (64,) if capability // 10 == _CONSUMER_BLACKWELL else (32, 64)
    sizes = tuple(pool * page for page in pages)
    return AttentionBackend(name=SPARSE_INDEXER.name, block_sizes=sizes, exact=True)


def _flash(name: str, need: AttentionNeed, capability: int) -> AttentionBackend:
    page = kernel_page(need, capability)
    if page is None:
        return AttentionBackend(name=name, block_sizes=kernels.FLASH_ATTN.block_sizes)
    preferred = max(DEFAULT_BLOCK_SIZE, page)
    return AttentionBackend(name=name, block_sizes=(page,), exact=True, preferred=preferred)
