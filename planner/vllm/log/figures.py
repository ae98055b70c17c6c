"""What a log says, as facts: sizes in bytes with the step they were printed in."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.vllm.arguments import VllmArguments

if TYPE_CHECKING:
    from collections.abc import Mapping

#: the order in which a start comes by; an error belongs to the stage it happened in
STAGES = ("start", "load", "profile", "capture", "started", "ready")


@frozen
class Printed:
    """A size as it was printed: the bytes it stands for, and what its last digit counts."""

    size_bytes: int
    step_bytes: int

    def agrees(self, other: Printed) -> bool:
        """Whether two prints can be of one size."""
        return abs(self.size_bytes - other.size_bytes) <= max(self.step_bytes, other.step_bytes)


@frozen
class RankFacts:
    """What one process, a rank, printed of its GPU; None is not printed.

    Attributes:
        process: how the log names it; empty where it does not.
        tp_rank, pp_rank, dp_rank: its place, where the log says so.
        total, free: of the GPU when vLLM first looked.
        requested: vLLM's share of it.
        weights: what ``Model loading took`` counts.
        activation: the peak of the profile run, without an estimate of CUDA graphs.
        non_torch: beside weights and activation; ``consumed`` is weights and non-torch together.
        kv_cache: room for the KV cache; negative where none was left.
        graphs: what capture took; ``graphs_estimated`` what was taken off the budget for it.
    """

    process: str = ""
    tp_rank: int | None = None
    pp_rank: int | None = None
    dp_rank: int | None = None
    total: Printed | None = None
    free: Printed | None = None
    requested: Printed | None = None
    weights: Printed | None = None
    activation: Printed | None = None
    non_torch: Printed | None = None
    consumed: Printed | None = None
    kv_cache: Printed | None = None
    graphs: Printed | None = None
    graphs_estimated: Printed | None = None
    utilization: float | None = None


@frozen
class CapturedGraphs:
    """How many CUDA graphs were captured of each kind."""

    piecewise: int
    full: int


@frozen
class EngineConfig:
    """What vLLM says it runs with, once its own defaults are filled in; None is not printed."""

    dtype: str | None = None
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    device: str | None = None
    max_model_len: int | None = None
    tensor_parallel_size: int | None = None
    pipeline_parallel_size: int | None = None
    data_parallel_size: int | None = None
    decode_context_parallel_size: int | None = None
    enforce_eager: bool | None = None
    enable_prefix_caching: bool | None = None
    compiled: bool | None = None
    speculative: bool = False


@frozen
class LogError:
    """One error of a log: its text, the stage it happened in and its line."""

    text: str
    stage: str
    line: int


@frozen
class LogFacts:
    """What the log of one start of vLLM says; None is not printed.

    Attributes:
        name: the file; sha256: of its text, whatever it was packed in.
        version: as printed, such as ``0.26.1rc1.dev608+g99a10304d``.
        arguments: what somebody fixed, with the lengths and sizes that vLLM printed.
        arguments_known: the log says which options were given.
        config: what vLLM says it runs with.
        board: the GPU's name, as a driver or a kernel file spells it.
        runner: ``v2`` where the log says so.
        kv_tokens, max_concurrency: as printed, of the engine with the fewest; and the length of a
            request that the second is for.
        kv_needed, kv_available: of the complaint that one request does not fit.
        longest: the longest request that fits, as that complaint estimates it.
        seconds: of each part of the start, by name; ranks load side by side: the longest.
        stage: how far it came.
        starts: how many starts the file holds; the facts are of the last that loaded a model or
            failed.
        environment: vLLM's variables, where something beside the log tells them.
        notes: what was left out, and why.
    """

    name: str
    sha256: str
    version: str | None = None
    model: str | None = None
    architecture: str | None = None
    arguments: VllmArguments = field(default_factory=VllmArguments)
    arguments_known: bool = False
    config: EngineConfig = field(default_factory=EngineConfig)
    board: str | None = None
    runner: str | None = None
    attention_backend: str | None = None
    ranks: tuple[RankFacts, ...] = ()
    kv_tokens: int | None = None
    max_concurrency: float | None = None
    concurrency_tokens: int | None = None
    gpu_blocks: int | None = None
    cpu_blocks: int | None = None
    block_size: int | None = None
    kv_needed: Printed | None = None
    kv_available: Printed | None = None
    longest: int | None = None
    captured: CapturedGraphs | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    stage: str = STAGES[0]
    errors: tuple[LogError, ...] = ()
    starts: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def started(self) -> bool:
        """The engine came up."""
        return self.stage in {"started", "ready"}

    @property
    def release(self) -> str | None:
        """Major and minor of the version, where it is a release of vLLM's own numbering."""
        parts = (self.version or "").removeprefix("v").split(".")
        if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() and parts[:2] != ["0", "1"]:
            return f"{int(parts[0])}.{int(parts[1])}"
        return None
