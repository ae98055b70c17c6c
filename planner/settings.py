"""What vLLM will run with: the options somebody fixed, and its defaults for the rest."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.units import DTYPE_BYTES
from planner.vllm.batch_defaults import BatchDefaults, batch_defaults, settle_batch
from planner.vllm.compilation import Compilation, settle_compilation
from planner.vllm.dtype import resolve_dtype
from planner.vllm.kv_cache_dtype import resolve_kv_cache_dtype
from planner.vllm.values import AUTO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.hardware.accelerator import Accelerator
    from planner.model.architecture import Architecture
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.version import VllmVersion

NEAREST_CAPABILITY = 90
"""boards of other makers are judged as Hopper: 16-bit and fp8 number formats, no fp4"""


@frozen
class Settings:
    """One engine's options once each has a value; lengths are tokens.

    Attributes:
        dtype: torch's name of the weights' and activations' dtype.
        max_model_len: the longest request; model_len_asked tells whether somebody fixed it,
            model_len_auto whether vLLM may shorten it to what fits.
        max_num_batched_tokens: tokens in a step; max_num_seqs: requests at a time.
        gpu_memory_utilization: the share of a GPU's memory vLLM may take.
        capability: compute capability as vLLM counts it (80); that of the nearest NVIDIA
            architecture on other platforms.
        compilation: whether the model is compiled, what is captured and fused.
        flashinfer: FlashInfer, which vLLM requires on CUDA, can be imported.
    """

    dtype: str
    max_model_len: int
    model_len_asked: bool
    model_len_auto: bool
    max_num_batched_tokens: int
    max_num_seqs: int
    gpu_memory_utilization: float
    kv_cache_dtype: str
    block_size: int | None
    enforce_eager: bool
    prefix_caching: bool
    hybrid_kv_cache: bool
    speculative_tokens: int
    capability: int
    flashinfer: bool = True
    compilation: Compilation = field(default_factory=Compilation)

    @property
    def dtype_bytes(self) -> int:
        """Bytes of one weight or activation."""
        return DTYPE_BYTES[self.dtype]


def compute_capability(accelerator: Accelerator) -> int:
    """Compute capability as vLLM counts it, 80 for 8.0."""
    if accelerator.compute_capability is None:
        return NEAREST_CAPABILITY
    major, minor = accelerator.compute_capability
    return major * 10 + minor


def settle(
    arguments: VllmArguments,
    architecture: Architecture,
    accelerator: Accelerator,
    version: VllmVersion,
    *,
    quantization_config: Mapping[str, Any] | None = None,
    default_utilization: float | None = None,
) -> Settings:
    """Fill what was left open as vLLM would on this accelerator.

    ``quantization_config`` is the checkpoint's, which may state the KV cache's format;
    ``default_utilization`` is the planner's own share where it chooses; vLLM's otherwise.
    """
    length = arguments.max_model_len
    max_model_len = architecture.max_model_len if length in {None, AUTO} else int(length or 0)
    batch = _batch(arguments, architecture, accelerator, version, max_model_len)
    capability = compute_capability(accelerator)
    return Settings(
        dtype=model_dtype(architecture, arguments, capability),
        max_model_len=max_model_len,
        model_len_asked=length is not None,
        model_len_auto=length == AUTO,
        max_num_batched_tokens=batch.max_num_batched_tokens,
        max_num_seqs=batch.max_num_seqs,
        gpu_memory_utilization=arguments.gpu_memory_utilization
        or default_utilization
        or version.gpu_memory_utilization,
        kv_cache_dtype=resolve_kv_cache_dtype(
            arguments.kv_cache_dtype or "auto",
            quantization_config,
            architecture=architecture.name,
            capability=capability,
        ),
        block_size=arguments.block_size,
        enforce_eager=bool(arguments.enforce_eager) or arguments.optimization_level == "0",
        prefix_caching=arguments.enable_prefix_caching is not False,
        hybrid_kv_cache=not arguments.disable_hybrid_kv_cache_manager,
        speculative_tokens=_speculative_tokens(arguments),
        capability=capability,
        compilation=settle_compilation(arguments),
    )


def _batch(
    arguments: VllmArguments,
    architecture: Architecture,
    accelerator: Accelerator,
    version: VllmVersion,
    max_model_len: int,
) -> BatchDefaults:
    """Tokens in a step and requests at a time."""
    return settle_batch(
        batch_defaults(accelerator.memory_bytes, accelerator.device_name, version.batch_tiers),
        max_num_batched_tokens=arguments.max_num_batched_tokens,
        max_num_seqs=arguments.max_num_seqs,
        max_model_len=max_model_len,
        chunked_prefill=_chunked(arguments, version, max_model_len),
        doubled=arguments.performance_mode == "throughput",
        mm_item_tokens=architecture.mm_item_tokens,
    )


def _chunked(arguments: VllmArguments, version: VllmVersion, max_model_len: int) -> bool:
    """Whether prompts run in chunks."""
    if arguments.enable_chunked_prefill is not None:
        return arguments.enable_chunked_prefill
    return max_model_len > version.whole_prompts_up_to


def model_dtype(architecture: Architecture, arguments: VllmArguments, capability: int) -> str:
    """The dtype of a model's weights and activations, by torch's name."""
    return resolve_dtype(
        arguments.dtype or "auto",
        architecture.dtype,
        capability=capability,
        forbids_float16=architecture.forbids_float16 is not None,
        pooling=architecture.pooling,
    )


def _speculative_tokens(arguments: VllmArguments) -> int:
    if arguments.spec_tokens is not None:
        return arguments.spec_tokens
    config = arguments.speculative_config or {}
    tokens = config.get("num_speculative_tokens", 0)
    return tokens if isinstance(tokens, int) else 0
