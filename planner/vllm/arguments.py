"""vLLM's options that bear on memory, speed and validity: their names, short forms and types.

One field of ``VllmArguments`` is one option; what reads its text and its line of help stand
beside it, so the command line, the reader of ``vllm serve`` and the writer of commands agree.
Names, short forms and types: vllm.engine.arg_utils.EngineArgs.add_cli_args (0.33.0).
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal

from planner.frozen import frozen
from planner.vllm import values
from planner.vllm.option import Option, option, switch

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZE = values.whole()
_PORT = values.whole()


@frozen
class VllmArguments:
    """What somebody fixed of vLLM's options; None is not given, and free to search.

    Lengths are tokens, sizes bytes unless the name says GiB (``_gb`` is vLLM's own spelling).
    """

    tensor_parallel_size: int | None = option(
        "parallel", "ranks a layer is split over", _SIZE, "-tp"
    )
    pipeline_parallel_size: int | None = option("parallel", "stages of layers", _SIZE, "-pp")
    data_parallel_size: int | None = option("parallel", "replicas in one deployment", _SIZE, "-dp")
    enable_expert_parallel: bool | None = switch("parallel", "whole experts on a rank", "-ep")
    decode_context_parallel_size: int | None = option(
        "parallel", "parts of the KV cache over the TP ranks", _SIZE, "-dcp"
    )
    prefill_context_parallel_size: int | None = option(
        "parallel", "parts of a prompt, more ranks", _SIZE, "-pcp"
    )
    enable_eplb: bool | None = switch("parallel", "balance experts while serving")
    all2all_backend: str | None = option("parallel", "how expert ranks exchange tokens")
    enable_dbo: bool | None = switch("parallel", "overlap two half batches")
    disable_custom_all_reduce: bool | None = switch("parallel", "all-reduce by NCCL only")

    distributed_executor_backend: str | None = option("nodes", "mp, ray, uni or a class")
    nnodes: int | None = option("nodes", "hosts of the deployment", _SIZE, "-n")
    node_rank: int | None = option("nodes", "this host's number, from 0", values.whole(0), "-r")
    master_addr: str | None = option("nodes", "address of host 0")
    master_port: int | None = option("nodes", "port of host 0", _PORT)
    headless: bool | None = switch("nodes", "a host without the HTTP server", kind="on")
    api_server_count: int | None = option("nodes", "HTTP processes", values.whole(0), "-asc")
    data_parallel_size_local: int | None = option("nodes", "replicas here", values.whole(0), "-dpl")
    data_parallel_rank: int | None = option("nodes", "this replica", values.whole(0), "-dpn")
    data_parallel_start_rank: int | None = option(
        "nodes", "first replica here", values.whole(0), "-dpr"
    )
    data_parallel_address: str | None = option("nodes", "address of replica 0", None, "-dpa")
    data_parallel_rpc_port: int | None = option("nodes", "port of replica 0", _PORT, "-dpp")
    data_parallel_backend: str | None = option(
        "nodes", "mp or ray", values.choice("mp", "ray"), "-dpb"
    )
    data_parallel_hybrid_lb: bool | None = switch("nodes", "an HTTP server on each host", "-dph")
    data_parallel_external_lb: bool | None = switch("nodes", "one process a replica", "-dpe")

    dtype: str | None = option(
        "model",
        "number format of weights and activations",
        values.choice("auto", "half", "float16", "bfloat16", "float", "float32"),
    )
    quantization: str | None = option("model", "quantization method", None, "-q")
    allow_deprecated_quantization: bool | None = switch("model", "also methods on their way out")
    hf_overrides: Mapping[str, Any] | str | None = option(
        "model", "JSON that changes config.json", values.json_or_text
    )
    load_format: str | None = option("model", "how weights are read")
    model_impl: str | None = option("model", "auto, vllm or transformers")
    runner: str | None = option("model", "auto, generate or pooling")
    convert: str | None = option("model", "adapt to pooling")
    trust_remote_code: bool | None = switch("model", "passed on to vLLM; never obeyed here")
    language_model_only: bool | None = switch("model", "leave the other towers out")
    mm_encoder_only: bool | None = switch("model", "leave the language model out")
    mm_encoder_tp_mode: str | None = option(
        "model", "split the encoder's weights or its data", values.choice("weights", "data")
    )
    limit_mm_per_prompt: Mapping[str, Any] | None = option(
        "model", "JSON: items of each kind a prompt may hold", values.json_object
    )
    media_io_kwargs: Mapping[str, Any] | None = option(
        "model", "JSON: how images, videos and sound are read", values.json_object
    )
    skip_mm_profiling: bool | None = switch("model", "no encoder run while profiling")

    gpu_memory_utilization: float | None = option(
        "memory", "share of each GPU vLLM may take", values.share, "--device-memory-utilization"
    )
    kv_cache_memory_bytes: int | None = option(
        "memory", "bytes of KV cache on each GPU, exactly", values.whole(human=True)
    )
    kv_cache_dtype: str | None = option("memory", "number format of the KV cache")
    kv_cache_dtype_skip_layers: tuple[str, ...] | None = option(
        "memory", "layers that keep the model's format", kind="list"
    )
    block_size: int | None = option("memory", "tokens in a block", _SIZE)
    num_gpu_blocks_override: int | None = option("memory", "blocks, whatever fits", _SIZE)
    enable_prefix_caching: bool | None = switch("memory", "keep the KV of shared beginnings")
    disable_hybrid_kv_cache_manager: bool | None = switch("memory", "book all layers as full")
    disable_sliding_window: bool | None = switch("memory", "cap the context at the window")
    cpu_offload_gb: float | None = option(
        "memory", "GiB of weights kept in host memory", values.number()
    )
    offload_backend: str | None = option(
        "memory", "auto, uva or prefetch", values.choice("auto", "uva", "prefetch")
    )
    offload_group_size: int | None = option(
        "memory", "layers of a group, the last of which are fetched from the host", values.whole(0)
    )
    offload_num_in_group: int | None = option("memory", "how many of a group are", _SIZE)
    offload_prefetch_step: int | None = option("memory", "layers fetched ahead", _SIZE)
    kv_offloading_size: float | None = option(
        "memory", "GiB of KV cache in host memory", values.number()
    )
    kv_offloading_backend: str | None = option(
        "memory", "native or lmcache", values.choice("native", "lmcache")
    )
    mm_ipc_gpu_memory_gb: float | None = option(
        "memory", "GiB of the GPU for decoding videos in the HTTP server", values.number()
    )
    kv_transfer_config: Mapping[str, Any] | None = option(
        "memory", "JSON: how the KV cache is shared or moved", values.json_object
    )
    mamba_cache_dtype: str | None = option("memory", "number format of the states")
    mamba_ssm_cache_dtype: str | None = option("memory", "number format of the SSM state")
    mamba_block_size: int | None = option("memory", "tokens between saved states", _SIZE)
    enable_sleep_mode: bool | None = switch("memory", "let the engine give memory back")

    max_model_len: int | Literal["auto"] | None = option(
        "batching", "longest request; 32k, 32K, or auto", values.length
    )
    max_num_seqs: int | None = option("batching", "requests at a time", _SIZE)
    max_num_batched_tokens: int | None = option(
        "batching", "tokens in a step", values.whole(human=True)
    )
    enable_chunked_prefill: bool | None = switch("batching", "split long prompts over steps")
    async_scheduling: bool | None = switch("batching", "plan the next step ahead")
    performance_mode: str | None = option(
        "batching",
        "balanced, interactivity or throughput",
        values.choice("balanced", "interactivity", "throughput"),
    )

    enforce_eager: bool | None = switch("kernels", "no compilation, no CUDA graphs")
    optimization_level: str | None = option("kernels", "0 to 3; -O2 is the default", None, "-O")
    compilation_config: Mapping[str, Any] | None = option(
        "kernels", "JSON: compilation and CUDA graphs", values.json_object, "-cc"
    )
    cudagraph_capture_sizes: tuple[int, ...] | None = option(
        "kernels", "batch sizes to capture", _SIZE, kind="list"
    )
    max_cudagraph_capture_size: int | None = option("kernels", "the largest", values.whole(0))
    attention_backend: str | None = option("kernels", "attention kernels")
    moe_backend: str | None = option("kernels", "expert kernels")

    speculative_config: Mapping[str, Any] | None = option(
        "speculation", "JSON: method, model, num_speculative_tokens", values.json_object, "-sc"
    )
    spec_method: str | None = option("speculation", "draft method")
    spec_model: str | None = option("speculation", "draft model")
    spec_tokens: int | None = option("speculation", "tokens drafted a step", _SIZE)

    enable_lora: bool | None = switch("lora", "serve adapters")
    max_loras: int | None = option("lora", "adapters in a batch", _SIZE)
    max_lora_rank: int | None = option("lora", "largest adapter rank", _SIZE)
    max_cpu_loras: int | None = option("lora", "adapters in host memory", _SIZE)
    lora_dtype: str | None = option("lora", "number format of adapters")
    fully_sharded_loras: bool | None = switch("lora", "split both halves of an adapter")

    other: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """vLLM's remaining options as typed, passed on as they are: (flag, its values)."""

    def given(self) -> dict[str, Any]:
        """The named options that are fixed, by name, in the order of this class."""
        return {n: v for n in OPTIONS if (v := getattr(self, n)) is not None}

    def __repr__(self) -> str:
        """What is given: the rest would fill a page."""
        other = [f"other={self.other!r}"] if self.other else []
        pairs = [f"{name}={value!r}" for name, value in self.given().items()]
        return f"VllmArguments({', '.join(pairs + other)})"


def _flags(name: str, short: tuple[str, ...]) -> tuple[str, ...]:
    return (f"--{name.replace('_', '-')}", *short)


#: every named option, by name
OPTIONS: dict[str, Option] = {
    f.name: Option(
        name=f.name,
        flags=_flags(f.name, f.metadata["short"]),
        **{key: f.metadata[key] for key in ("kind", "group", "help", "read")},
    )
    for f in fields(VllmArguments)
    if f.metadata
}
