"""vLLM's options that bear on memory, speed and validity: their names, short forms and types.

One field of ``VllmArguments`` is one option; what reads its text and its line of help stand
beside it, so the command line, the reader of ``vllm serve`` and the writer of commands agree.
Names, short forms and types: vllm.engine.arg_utils.EngineArgs.add_cli_args (0.33.0).
"""

from __future__ import annotations

from dataclasses import field, fields
from typing import TYPE_CHECKING, Any, Literal

from planner.frozen import frozen
from planner.vllm import values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: what follows an option: nothing; nothing, and no inverse turns it off; perhaps one value;
#: one value; one or more
Kind = Literal["switch", "on", "optional", "value", "list"]

_SIZE = values.whole()
_PORT = values.whole()


@frozen
class Option:
    """One option of vLLM."""

    name: str
    """vLLM's name with underscores: the field of ``VllmArguments``."""
    flags: tuple[str, ...]
    """Every spelling, the long one first."""
    kind: Kind
    group: str
    help: str
    read: Callable[[str], Any]
    """From one typed value; raises ``ValueError`` with the reason."""

    @property
    def flag(self) -> str:
        """The spelling that commands are written with."""
        return self.flags[0]


def _option(
    group: str,
    help_text: str,
    read: Callable[[str], Any] | None = None,
    *short: str,
    kind: Kind = "value",
) -> Any:  # noqa: ANN401 - as dataclasses.field, whose stead it takes
    metadata = {"group": group, "help": help_text, "read": read or values.text}
    return field(default=None, metadata={**metadata, "short": short, "kind": kind})


def _switch(group: str, help_text: str, *short: str, kind: Kind = "switch") -> Any:  # noqa: ANN401
    return _option(group, help_text, None, *short, kind=kind)


@frozen
class VllmArguments:
    """What somebody fixed of vLLM's options; None is not given, and free to search.

    Lengths are tokens, sizes bytes unless the name says GiB (``_gb`` is vLLM's own spelling).
    """

    tensor_parallel_size: int | None = _option(
        "parallel", "ranks a layer is split over", _SIZE, "-tp"
    )
    pipeline_parallel_size: int | None = _option("parallel", "stages of layers", _SIZE, "-pp")
    data_parallel_size: int | None = _option("parallel", "replicas in one deployment", _SIZE, "-dp")
    enable_expert_parallel: bool | None = _switch("parallel", "whole experts on a rank", "-ep")
    decode_context_parallel_size: int | None = _option(
        "parallel", "parts of the KV cache over the TP ranks", _SIZE, "-dcp"
    )
    prefill_context_parallel_size: int | None = _option(
        "parallel", "parts of a prompt, more ranks", _SIZE, "-pcp"
    )
    enable_eplb: bool | None = _switch("parallel", "balance experts while serving")
    all2all_backend: str | None = _option("parallel", "how expert ranks exchange tokens")
    enable_dbo: bool | None = _switch("parallel", "overlap two half batches")
    disable_custom_all_reduce: bool | None = _switch("parallel", "all-reduce by NCCL only")

    distributed_executor_backend: str | None = _option("nodes", "mp, ray, uni or a class")
    nnodes: int | None = _option("nodes", "hosts of the deployment", _SIZE, "-n")
    node_rank: int | None = _option("nodes", "this host's number, from 0", values.whole(0), "-r")
    master_addr: str | None = _option("nodes", "address of host 0")
    master_port: int | None = _option("nodes", "port of host 0", _PORT)
    headless: bool | None = _switch("nodes", "a host without the HTTP server", kind="on")
    api_server_count: int | None = _option("nodes", "HTTP processes", values.whole(0), "-asc")
    data_parallel_size_local: int | None = _option(
        "nodes", "replicas here", values.whole(0), "-dpl"
    )
    data_parallel_rank: int | None = _option("nodes", "this replica", values.whole(0), "-dpn")
    data_parallel_start_rank: int | None = _option(
        "nodes", "first replica here", values.whole(0), "-dpr"
    )
    data_parallel_address: str | None = _option("nodes", "address of replica 0", None, "-dpa")
    data_parallel_rpc_port: int | None = _option("nodes", "port of replica 0", _PORT, "-dpp")
    data_parallel_backend: str | None = _option(
        "nodes", "mp or ray", values.choice("mp", "ray"), "-dpb"
    )
    data_parallel_hybrid_lb: bool | None = _switch("nodes", "an HTTP server on each host", "-dph")
    data_parallel_external_lb: bool | None = _switch("nodes", "one process a replica", "-dpe")

    dtype: str | None = _option(
        "model",
        "number format of weights and activations",
        values.choice("auto", "half", "float16", "bfloat16", "float", "float32"),
    )
    quantization: str | None = _option("model", "quantization method", None, "-q")
    allow_deprecated_quantization: bool | None = _switch("model", "also methods on their way out")
    hf_overrides: Mapping[str, Any] | str | None = _option(
        "model", "JSON that changes config.json", values.json_or_text
    )
    load_format: str | None = _option("model", "how weights are read")
    model_impl: str | None = _option("model", "auto, vllm or transformers")
    runner: str | None = _option("model", "auto, generate or pooling")
    convert: str | None = _option("model", "adapt to pooling")
    trust_remote_code: bool | None = _switch("model", "passed on to vLLM; never obeyed here")
    language_model_only: bool | None = _switch("model", "leave the other towers out")
    mm_encoder_only: bool | None = _switch("model", "leave the language model out")
    mm_encoder_tp_mode: str | None = _option(
        "model", "split the encoder's weights or its data", values.choice("weights", "data")
    )
    limit_mm_per_prompt: Mapping[str, Any] | None = _option(
        "model", "JSON: items of each kind a prompt may hold", values.json_object
    )
    media_io_kwargs: Mapping[str, Any] | None = _option(
        "model", "JSON: how images, videos and sound are read", values.json_object
    )
    skip_mm_profiling: bool | None = _switch("model", "no encoder run while profiling")

    gpu_memory_utilization: float | None = _option(
        "memory", "share of each GPU vLLM may take", values.share, "--device-memory-utilization"
    )
    kv_cache_memory_bytes: int | None = _option(
        "memory", "bytes of KV cache on each GPU, exactly", values.whole(human=True)
    )
    kv_cache_dtype: str | None = _option("memory", "number format of the KV cache")
    kv_cache_dtype_skip_layers: tuple[str, ...] | None = _option(
        "memory", "layers that keep the model's format", kind="list"
    )
    block_size: int | None = _option("memory", "tokens in a block", _SIZE)
    num_gpu_blocks_override: int | None = _option("memory", "blocks, whatever fits", _SIZE)
    enable_prefix_caching: bool | None = _switch("memory", "keep the KV of shared beginnings")
    disable_hybrid_kv_cache_manager: bool | None = _switch("memory", "book all layers as full")
    disable_sliding_window: bool | None = _switch("memory", "cap the context at the window")
    cpu_offload_gb: float | None = _option(
        "memory", "GiB of weights kept in host memory", values.number()
    )
    kv_offloading_size: float | None = _option(
        "memory", "GiB of KV cache in host memory", values.number()
    )
    mm_ipc_gpu_memory_gb: float | None = _option(
        "memory", "GiB of the GPU for decoding videos in the HTTP server", values.number()
    )
    kv_transfer_config: Mapping[str, Any] | None = _option(
        "memory", "JSON: how the KV cache is shared or moved", values.json_object
    )
    mamba_cache_dtype: str | None = _option("memory", "number format of the states")
    mamba_ssm_cache_dtype: str | None = _option("memory", "number format of the SSM state")
    mamba_block_size: int | None = _option("memory", "tokens between saved states", _SIZE)
    enable_sleep_mode: bool | None = _switch("memory", "let the engine give memory back")

    max_model_len: int | Literal["auto"] | None = _option(
        "batching", "longest request; 32k, 32K, or auto", values.length
    )
    max_num_seqs: int | None = _option("batching", "requests at a time", _SIZE)
    max_num_batched_tokens: int | None = _option(
        "batching", "tokens in a step", values.whole(human=True)
    )
    enable_chunked_prefill: bool | None = _switch("batching", "split long prompts over steps")
    async_scheduling: bool | None = _switch("batching", "plan the next step ahead")
    performance_mode: str | None = _option(
        "batching",
        "balanced, interactivity or throughput",
        values.choice("balanced", "interactivity", "throughput"),
    )

    enforce_eager: bool | None = _switch("kernels", "no compilation, no CUDA graphs")
    optimization_level: str | None = _option("kernels", "0 to 3; -O2 is the default", None, "-O")
    compilation_config: Mapping[str, Any] | None = _option(
        "kernels", "JSON: compilation and CUDA graphs", values.json_object, "-cc"
    )
    cudagraph_capture_sizes: tuple[int, ...] | None = _option(
        "kernels", "batch sizes to capture", _SIZE, kind="list"
    )
    max_cudagraph_capture_size: int | None = _option("kernels", "the largest", values.whole(0))
    attention_backend: str | None = _option("kernels", "attention kernels")
    moe_backend: str | None = _option("kernels", "expert kernels")

    speculative_config: Mapping[str, Any] | None = _option(
        "speculation", "JSON: method, model, num_speculative_tokens", values.json_object, "-sc"
    )
    spec_method: str | None = _option("speculation", "draft method")
    spec_model: str | None = _option("speculation", "draft model")
    spec_tokens: int | None = _option("speculation", "tokens drafted a step", _SIZE)

    enable_lora: bool | None = _switch("lora", "serve adapters")
    max_loras: int | None = _option("lora", "adapters in a batch", _SIZE)
    max_lora_rank: int | None = _option("lora", "largest adapter rank", _SIZE)
    max_cpu_loras: int | None = _option("lora", "adapters in host memory", _SIZE)
    lora_dtype: str | None = _option("lora", "number format of adapters")
    fully_sharded_loras: bool | None = _switch("lora", "split both halves of an adapter")

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
