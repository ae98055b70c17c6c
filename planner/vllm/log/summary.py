"""From one start's lines to its facts; figures that contradict each other are left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from planner.units import GIB
from planner.vllm.log.asked import read_asked
from planner.vllm.log.budget import balanced
from planner.vllm.log.figures import (
    STAGES,
    CapturedGraphs,
    LogFacts,
    Printed,
    RankFacts,
)
from planner.vllm.log.start import printed

if TYPE_CHECKING:
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.log.asked import Asked
    from planner.vllm.log.start import Rank, Start

#: no GPU has more, and no log of one says so
_LARGEST_BYTES = 4096 * GIB
#: sizes that nothing can make negative; room can run short, and sleeping frees more than was lost
_POSITIVE = {"weights", "total", "requested", "consumed"}
#: parts of a start that are timed
_PARTS = {
    "load": "load_model",
    "read": "read_weights",
    "initialise": "initialise_model",
    "profile": "profile_run",
    "compile": "compile",
    "capture": "capture_graphs",
    "init_engine": "init_engine",
}
_LONGEST_SECONDS = 7 * 24 * 3600


def summary(start: Start, *, name: str, sha256: str, starts: int) -> LogFacts:
    """The facts of one start."""
    notes = _Notes()
    if starts > 1:
        notes.add(f"the file holds {starts} starts; the last that loaded a model or failed is read")
    asked = read_asked(
        {fact: texts[0] for fact, texts in start.told.items()}, cut=frozenset(start.cut)
    )
    for note in asked.notes:
        notes.add(note)
    engine = _Engine(start)
    counted = engine.text("graphs_counted") != "disabled"
    found = _ranks(start, notes)
    ranks = tuple(balanced(each, notes.add, graphs_counted=counted) for each in found)
    return LogFacts(
        name=name,
        sha256=sha256,
        version=engine.text("version"),
        model=asked.model,
        architecture=engine.text("architecture"),
        arguments=_completed(asked, engine, start, ranks),
        arguments_known=asked.arguments_known,
        config=asked.config,
        board=engine.text("board"),
        runner=(engine.text("runner") or "").lower() or None,
        attention_backend=engine.text("attention_backend"),
        ranks=ranks,
        **engine.kv_cache(),
        captured=_captured(asked, engine),
        seconds=engine.seconds(),
        stage=STAGES[start.stage],
        errors=tuple(start.errors),
        starts=starts,
        notes=notes.all,
    )


@dataclass(slots=True)
class _Notes:
    """What was left out, each once."""

    texts: dict[str, None] = field(default_factory=dict)

    def add(self, text: str) -> None:
        self.texts[text] = None

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(self.texts)


class _Engine:
    """The engine's facts: the first of what is settled once, the fewest of what each part has."""

    def __init__(self, start: Start) -> None:
        self._told = start.told

    def text(self, fact: str) -> str | None:
        """What was printed first."""
        return next(iter(self._told.get(fact, ())), None)

    def count(self, fact: str) -> int | None:
        """The count that was printed first; a draft model prints its own behind it."""
        text = self.text(fact)
        return None if text is None else int(text.replace(",", ""))

    def fewest(self, fact: str) -> int | None:
        """The smallest count: releases up to 0.11 print one for each worker."""
        return min((int(text.replace(",", "")) for text in self._told.get(fact, ())), default=None)

    def smallest(self, fact: str) -> float | None:
        """The smallest number, as ``fewest``."""
        return min(map(float, self._told.get(fact, ())), default=None)

    def size(self, fact: str) -> Printed | None:
        """A size that was printed first."""
        text = self.text(fact)
        return None if text is None else printed(text, "gib")

    def kv_cache(self) -> dict[str, Any]:
        """What the cache holds, or what it would have to."""
        return {
            "kv_tokens": self.fewest("kv_tokens"),
            "max_concurrency": self.smallest("max_concurrency"),
            "concurrency_tokens": self.count("concurrency_tokens"),
            "gpu_blocks": self.fewest("gpu_blocks"),
            "cpu_blocks": self.fewest("cpu_blocks"),
            "block_size": self.count("block_size"),
            "kv_needed": self.size("kv_needed"),
            "kv_available": self.size("kv_available"),
            "longest": self.count("longest"),
        }

    def seconds(self) -> dict[str, float]:
        """How long each part took, the longest over processes."""
        found = {name: [*map(float, self._told.get(part, ()))] for part, name in _PARTS.items()}
        return {
            name: max(times)
            for name, times in found.items()
            if times and max(times) <= _LONGEST_SECONDS
        }


def _ranks(start: Start, notes: _Notes) -> list[RankFacts]:
    found = [_rank_facts(rank, notes) for rank in start.ranks.values()]
    # the engine repeats what a worker complained of
    loaded = [rank for rank in found if rank.weights or rank.kv_cache or rank.consumed]
    return sorted(loaded or found, key=_place)


def _place(rank: RankFacts) -> tuple[int, int, int]:
    return (rank.dp_rank or 0, rank.pp_rank or 0, rank.tp_rank or 0)


def _rank_facts(rank: Rank, notes: _Notes) -> RankFacts:
    process = rank.process
    sizes = {fact: _one(fact, prints, notes) for fact, prints in rank.sizes.items()}
    peak, weights = sizes.pop("peak_torch", None), sizes.get("weights")
    if peak and weights:
        # up to 0.6.4 the peak holds the weights too
        sizes["activation"] = _less(peak, weights)
    return RankFacts(
        process=process.name,
        tp_rank=rank.places.get("tp", process.rank_of("TP")),
        pp_rank=rank.places.get("pp", process.rank_of("PP")),
        dp_rank=rank.places.get("dp", process.rank_of("DP")),
        utilization=_share(rank.utilizations),
        **{fact: each for fact, each in sizes.items() if fact not in {"kv_needed", "kv_available"}},
    )


def _share(printed_shares: set[float]) -> float | None:
    share = next(iter(printed_shares), 0.0)
    return share if len(printed_shares) == 1 and 0 < share <= 1 else None


def _less(whole: Printed, part: Printed) -> Printed:
    return Printed(
        size_bytes=whole.size_bytes - part.size_bytes,
        step_bytes=whole.step_bytes + part.step_bytes,
    )


def _one(fact: str, prints: list[Printed], notes: _Notes) -> Printed | None:
    """A size from all its prints: the most exact, unless they differ."""
    best = min(prints, key=lambda each: each.step_bytes)
    if not all(best.agrees(each) for each in prints):
        notes.add(f"{_words(fact)} of one process is printed with different figures: left out")
        return None
    low = 1 if fact in _POSITIVE else -_LARGEST_BYTES
    if not low <= best.size_bytes <= _LARGEST_BYTES:
        notes.add(f"{_words(fact)} of {best.size_bytes / GIB:g} GiB cannot be: left out")
        return None
    return best


def _completed(
    asked: Asked, engine: _Engine, start: Start, ranks: tuple[RankFacts, ...]
) -> VllmArguments:
    """The options with what vLLM printed where nothing was given."""
    shares = {rank.utilization for rank in ranks if rank.utilization}
    found: dict[str, Any] = {
        "max_num_batched_tokens": engine.count("max_num_batched_tokens"),
        "max_model_len": engine.count("max_model_len"),
        "gpu_memory_utilization": shares.pop() if len(shares) == 1 else None,
        # a worker's name holds an expert rank only with expert parallelism
        "enable_expert_parallel": any("_EP" in name for name in start.names) or None,
    }
    given = asked.arguments
    if given.max_model_len == "auto":
        found["max_model_len"] = engine.count("fitted_len") or found["max_model_len"]
        given = replace(given, max_model_len=None)
    return replace(given, **{k: v for k, v in found.items() if getattr(given, k) is None})


def _captured(asked: Asked, engine: _Engine) -> CapturedGraphs | None:
    """How many graphs were captured: as counted while capturing, else as configured."""
    piecewise = engine.fewest("piecewise_bar") or engine.fewest("piecewise")
    full = engine.fewest("full_bar") or engine.fewest("full")
    if piecewise or full:
        return CapturedGraphs(piecewise=piecewise or 0, full=full or 0)
    if asked.config.enforce_eager or asked.graph_mode == "NONE":
        return CapturedGraphs(piecewise=0, full=0)
    if not asked.capture_sizes or asked.graph_mode is None:
        return None
    count = len(asked.capture_sizes)
    return CapturedGraphs(
        piecewise=count if "PIECEWISE" in asked.graph_mode else 0,
        full=count if "FULL" in asked.graph_mode else 0,
    )


def _words(fact: str) -> str:
    return fact.replace("_", " ")
