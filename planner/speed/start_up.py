"""How long from the command until the server answers: one figure for each part of the start."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.request import Storage

#: loaders that each rank runs for its own share: reading grows with the ranks up to a limit
_PARALLEL_LOADERS = ("fastsafetensors", "runai_streamer")
DUMMY = "dummy"
_READ_BEFORE = "page-cache"


@frozen
class Span:
    """About four starts in five take from ``low`` to ``high``; seconds, or bytes a second."""

    low: float
    mid: float
    high: float

    def times(self, count: float) -> Span:
        """So many of it."""
        return Span(low=self.low * count, mid=self.mid * count, high=self.high * count)


@frozen
class Start:
    """What of a deployment bears on its start.

    Attributes:
        storage: where the checkpoint lies.
        loader: vLLM's ``--load-format``, ``prefetch`` where files are fetched ahead, or ``auto``.
        read_bytes: what one host reads of the checkpoint.
        ranks: GPU processes on one host; several: more than one in all.
        compiled: torch.compile runs; graphs: CUDA graphs that are captured.
        experts: layers of routed experts, whose graphs hold more kernels.
        tuned: FlashInfer tunes its kernels for FP4 experts; built: DeepGEMM builds its kernels.
        cached: what torch.compile, FlashInfer and DeepGEMM keep on disk is there; None: as the
            page cache is.
    """

    storage: Storage = "unknown"
    loader: str = "auto"
    read_bytes: int
    ranks: int = 1
    several: bool = False
    compiled: bool = True
    graphs: int = 0
    experts: bool = False
    tuned: bool = False
    built: bool = False
    cached: bool | None = None

    @property
    def again(self) -> str:
        """The end of the names of constants that hold once caches are filled."""
        cached = self.storage == _READ_BEFORE if self.cached is None else self.cached
        return "_again" if cached else ""


def start_up_parts(start: Start, constants: Mapping[str, Span]) -> dict[str, Span]:
    """Seconds of each part of a start.

    Caches are empty, unless the checkpoint is in the page cache: then vLLM ran here before, and
    compiles from its cache too. On an empty cache FlashInfer tunes, and DeepGEMM builds. Ranks of a
    host share what it read: it reads a checkpoint once.

    Source: vllm.v1.worker.gpu_worker.Worker.load_model, compile_or_warm_up_model,
    vllm.model_executor.model_loader.weight_utils, .warmup.kernel_warmup (0.33.0)
    Checked: ``tests/speed/test_start_up.py`` holds it to published starts.
    """
    again = start.again
    parts = {"process": constants["process_seconds"], "weights": _reading(start, constants)}
    if start.several:
        parts["communicators"] = constants["communicator_seconds"]
    parts["model"] = constants["model_seconds"]
    if start.compiled:
        parts["compilation"] = constants[f"compile_seconds{again}"]
    if start.graphs:
        graph = "experts_graph_seconds" if start.experts else "graph_seconds"
        parts["graphs"] = constants[graph].times(start.graphs)
    if start.tuned:
        parts["tuning"] = constants[f"tuning_seconds{again}"]
    if start.built:
        parts["kernels"] = constants[f"kernel_seconds{again}"]
    parts["warm-up"] = constants[f"warm_up_seconds{again}"]
    return parts


def together(parts: Mapping[str, Span]) -> Span:
    """The sum; parts vary for reasons of their own, so their spreads add as squares."""
    mid = sum(part.mid for part in parts.values())
    below = sqrt(sum((part.mid - part.low) ** 2 for part in parts.values()))
    above = sqrt(sum((part.high - part.mid) ** 2 for part in parts.values()))
    return Span(low=mid - below, mid=mid, high=mid + above)


def _reading(start: Start, constants: Mapping[str, Span]) -> Span:
    if start.loader == DUMMY:
        return Span(low=0, mid=0, high=0)
    named = f"read_{start.storage}_{start.loader}"
    rate = constants.get(named) or constants[f"read_{start.storage}"]
    if start.loader in _PARALLEL_LOADERS:
        limit = constants.get(f"{named}_at_most", rate)
        rate = Span(
            low=min(rate.low * start.ranks, limit.low),
            mid=min(rate.mid * start.ranks, limit.mid),
            high=min(rate.high * start.ranks, limit.high),
        )
    opening, size = constants["open_seconds"], start.read_bytes
    return Span(
        low=opening.low + size / rate.high,
        mid=opening.mid + size / rate.mid,
        high=opening.high + size / rate.low,
    )
