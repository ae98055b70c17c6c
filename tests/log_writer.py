"""Writes a start-up log from figures, in the form of a release of vLLM, as tests read it back."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data" / "logs"
#: a release of each form of log
ERAS = ("0.6.3", "0.7.2", "0.8.5", "0.10.2", "0.11.0", "0.15.1", "0.22.0", "0.26.0", "0.33.0")
WRAPPINGS = ("plain", "coloured", "docker", "kubernetes", "json", "ray", "windows")


@dataclass(frozen=True, kw_only=True)
class Written:
    """The figures of a start; sizes in GiB per GPU."""

    model: str = "Qwen/Qwen2.5-7B-Instruct"
    version: str = "0.26.0"
    tp: int = 1
    total: float = 139.80072
    utilization: float = 0.92
    weights: float = 14.29
    activation: float = 2.15
    non_torch: float = 0.22
    graphs: float = 0.89
    graphs_estimated: float = 0.0
    graph_sizes: int = 51
    kv_cache: float | None = None
    """None: what the others leave."""
    free: float = 139.28
    max_model_len: int = 32768
    batched_tokens: int = 16384
    tokens: int = 2_096_192
    concurrency: float = 63.97
    runner: str = "v1"
    compilation_config: str = ""
    board: str = "NVIDIA_H200"
    given: str = ""
    digits: int = 2

    @property
    def number(self) -> tuple[int, int]:
        """Major and minor."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def requested(self) -> float:
        """vLLM's share."""
        return self.total * self.utilization

    @property
    def room(self) -> float:
        """Left for the KV cache."""
        if self.kv_cache is not None:
            return self.kv_cache
        taken = self.weights + self.activation + self.non_torch
        return self.requested - taken - (self.graphs_estimated if self.number >= (0, 20) else 0)


def h200_runs() -> list[Written]:
    """The four measured starts."""
    rows = tomllib.loads((DATA / "h200.toml").read_text(encoding="utf-8"))["run"]
    return [Written(**row, digits=6) for row in rows]


def lines(run: Written) -> list[str]:
    """The log's lines, without any wrapping."""
    if run.number < (0, 8):
        return [*_asked_old(run), *_worker_old(run)]
    found = _asked(run)
    for rank in range(run.tp):
        found += _worker(run, rank)
    found += _engine(run)
    for rank in range(run.tp):
        found += _captured(run, rank)
    took = "seconds" if run.number < (0, 11) else "s"
    core = _tag(run, "EngineCore")
    found.append(
        f"{core}INFO 11-22 07:37:12 [core.py:340] init engine (profile, create kv cache, "
        f"warmup model) took 63.33 {took}"
    )
    return [*found, "INFO:     Application startup complete."]


def text(run: Written, wrapping: str = "plain") -> str:
    """The log as a file."""
    return "".join(wrapped(line, wrapping) for line in lines(run))


def wrapped(line: str, wrapping: str) -> str:
    """A line as a terminal, a container runtime or a collector keeps it."""
    return {
        "plain": f"{line}\n",
        "coloured": f"\x1b[1;36m{line[:4]}\x1b[0;0m{line[4:]}\n",
        "docker": f"vllm-server-1  | {line}\n",
        "kubernetes": f"2026-11-22T07:35:31.123456789Z stderr F {line}\n",
        "json": json.dumps({"time": "2026-11-22", "level": "info", "message": line}) + "\n",
        "ray": f"\x1b[36m(ServeReplica:default pid=77, ip=10.0.0.9)\x1b[0m {line}\n",
        "windows": f"{line}\r\n",
    }[wrapping]


def _gib(run: Written, size: float) -> str:
    """As ``format_gib`` prints it: rounded, without zeros at the end."""
    return f"{round(size, run.digits)}"


def _tag(run: Written, process: str, rank: int = 0) -> str:
    if run.number < (0, 8):
        return ""
    if process == "EngineCore":
        return "" if run.number < (0, 10) else "(EngineCore pid=100) "
    if run.tp == 1:
        return _tag(run, "EngineCore")
    if run.number < (0, 10):
        return f"(VllmWorker rank={rank} pid={200 + rank}) "
    return f"(Worker_TP{rank} pid={200 + rank}) "


def _config(run: Written) -> str:
    compilation = f", compilation_config={run.compilation_config}" if run.compilation_config else ""
    return (
        f"model='{run.model}', speculative_config=None, tokenizer='{run.model}', "
        f"dtype=torch.bfloat16, max_seq_len={run.max_model_len}, "
        f"tensor_parallel_size={run.tp}, pipeline_parallel_size=1, quantization=None, "
        f"enforce_eager=False, kv_cache_dtype=auto, device_config=cuda{compilation}"
    )


def _asked_old(run: Written) -> list[str]:
    return [
        f"INFO 11-22 07:35:31 api_server.py:528] vLLM API server version {run.version}",
        (
            "INFO 11-22 07:35:31 api_server.py:529] args: Namespace(host=None, port=8000, "
            f"model='{run.model}', max_model_len={run.max_model_len}, "
            f"tensor_parallel_size={run.tp}, gpu_memory_utilization={run.utilization}, "
            f"max_num_batched_tokens={run.batched_tokens}, "
            "dispatch_function=<function serve at 0x7f0d5c1f3d90>)"
        ),
        (
            f"INFO 11-22 07:35:40 llm_engine.py:237] Initializing an LLM engine (v{run.version}) "
            f"with config: {_config(run)}"
        ),
    ]


def _worker_old(run: Written) -> list[str]:
    head = "INFO 11-22 07:36:00 "
    found = [f"{head}model_runner.py:1071] Loading model weights took {run.weights:.4f} GB"]
    if run.version.startswith("0.6"):
        found.append(
            f"{head}worker.py:232] Memory profiling results: total_gpu_memory={run.total:.2f}GiB "
            f"initial_memory_usage=15.00GiB peak_torch_memory={run.weights + run.activation:.2f}GiB"
            f" memory_usage_post_profile=15.10Gib non_torch_memory={run.non_torch:.2f}GiB "
            f"kv_cache_size={run.room:.2f}GiB gpu_memory_utilization={run.utilization:.2f}"
        )
    else:
        found += [
            (
                f"{head}worker.py:267] the current vLLM instance can use total_gpu_memory "
                f"({run.total:.2f}GiB) x gpu_memory_utilization ({run.utilization:.2f}) = "
                f"{run.requested:.2f}GiB"
            ),
            (
                f"{head}worker.py:267] model weights take {run.weights:.2f}GiB; "
                f"non_torch_memory takes {run.non_torch:.2f}GiB; PyTorch activation peak memory "
                f"takes {run.activation:.2f}GiB; the rest of the memory "
                f"reserved for KV Cache is {run.room:.2f}GiB."
            ),
        ]
    return [
        *found,
        f"{head}executor_base.py:111] # cuda blocks: {run.tokens // 16}, # CPU blocks: 2048",
        (
            f"{head}executor_base.py:116] Maximum concurrency for {run.max_model_len} tokens per "
            f"request: {run.concurrency:.2f}x"
        ),
        (
            f"{head}model_runner.py:1570] Graph capturing finished in 22 secs, took "
            f"{run.graphs:.2f} GiB"
        ),
        "INFO:     Application startup complete.",
    ]


def _asked(run: Written) -> list[str]:
    given = f"'max_model_len': {run.max_model_len}, 'tensor_parallel_size': {run.tp}, "
    if run.utilization != 0.92 or run.number < (0, 20):
        given += f"'gpu_memory_utilization': {run.utilization}, "
    if run.compilation_config:
        given += f"'compilation_config': {run.compilation_config}, "
    given += run.given
    core = _tag(run, "EngineCore")
    return [
        f"INFO 11-22 07:35:31 [api_server.py:1] vLLM API server version {run.version}",
        (
            f"INFO 11-22 07:35:31 [api_utils.py:273] non-default args: {{{given}'model': "
            f"'{run.model}'}}"
        ),
        (
            "INFO 11-22 07:35:49 [scheduler.py:252] Chunked prefill is enabled with "
            f"max_num_batched_tokens={run.batched_tokens}."
        ),
        (
            f"{core}INFO 11-22 07:36:04 [core.py:116] Initializing a V1 LLM engine "
            f"(v{run.version}) with config: {_config(run)}"
        ),
    ]


def _worker(run: Written, rank: int) -> list[str]:
    head = f"{_tag(run, 'Worker', rank)}INFO 11-22 07:36:08 "
    memory = " memory" if run.number >= (0, 15) and run.runner == "v1" else ""
    weights = f"{run.weights:.4f}" if run.number < (0, 12) else _gib(run, run.weights)
    runner = [f"{head}[gpu_worker.py:378] Using V2 Model Runner"] if run.runner == "v2" else []
    estimated = [
        (
            f"{head}[gpu_model_runner.py:6612] Profiling CUDA graph memory: "
            f"PIECEWISE={run.graph_sizes} (largest=512), FULL={run.graph_sizes} (largest=512)"
        ),
        (
            f"{head}[gpu_model_runner.py:6737] Estimated CUDA graph memory: "
            f"{run.graphs_estimated:.2f} GiB total"
        ),
    ]
    return [
        *runner,
        (
            f"{_tag(run, 'Worker', rank)}WARNING 11-22 07:36:09 [fused_moe.py:1107] Config file "
            f"not found at configs/E=64,N=1408,device_name={run.board}.json"
        ),
        f"{head}[model_runner.py:305] Model loading took {weights} GiB{memory} and 2.5 seconds",
        *(estimated if run.graphs_estimated and run.number >= (0, 19) else []),
        f"{head}[gpu_worker.py:560] Available KV cache memory: {_gib(run, run.room)} GiB",
    ]


def _engine(run: Written) -> list[str]:
    head = f"{_tag(run, 'EngineCore')}INFO 11-22 07:36:41 [kv_cache_utils.py:2177] "
    capacity = f"Maximum concurrency for {run.max_model_len:,} tokens per request: "
    capacity += f"{run.concurrency:.2f}x"
    if run.number >= (0, 30):
        return [f"{head}GPU KV cache size: {run.tokens:,} tokens, {capacity}"]
    return [f"{head}GPU KV cache size: {run.tokens:,} tokens", f"{head}{capacity}"]


def _captured(run: Written, rank: int) -> list[str]:
    head = f"{_tag(run, 'Worker', rank)}INFO 11-22 07:37:02 "
    found = [
        (
            f"{head}[model_runner.py:747] Graph capturing finished in 22 secs, took "
            f"{_gib(run, run.graphs)} GiB"
        )
    ]
    if run.number < (0, 10):
        return found
    parts = (
        f"{_gib(run, run.weights)} GiB for weight, {_gib(run, run.activation)} GiB for peak "
        f"activation, {_gib(run, run.non_torch)} GiB for non-torch memory"
    )
    if run.number >= (0, 27):
        peak = run.activation + run.graphs_estimated
        parts = (
            f"{_gib(run, run.weights + run.non_torch)} GiB for consumed memory (weights + "
            f"non-torch), {_gib(run, peak)} GiB for peak activation"
        )
    room = f"{_gib(run, run.room)} GiB"
    if run.number < (0, 12):
        room = f"{round(run.room * 2**30)} bytes"
    found.append(
        f"{head}[gpu_worker.py:857] Free memory on device ({_gib(run, run.free)}/"
        f"{_gib(run, run.total)} GiB) on startup. Desired GPU memory utilization is "
        f"({run.utilization}, {_gib(run, run.requested)} GiB). Actual usage is {parts}, and "
        f"{_gib(run, run.graphs)} GiB for CUDAGraph memory. Replace gpu_memory_utilization config "
        "with `--kv-cache-memory=103129443943` (96.05 GiB) to fit into requested memory, or "
        "`--kv-cache-memory=114585831424` (106.72 GiB) to fully utilize gpu memory. Current kv "
        f"cache memory in use is {room}."
    )
    return found
