"""Make a compact table of results of ``planner measure``: one row a case, and one a speed point.

Sizes are the workers' own figures, to the byte; what capture took is from the log, as are weights
and room of a start that failed later. The last run of a case that measured it counts.

Usage: ``python -m scripts.runs.measured RESULTS.jsonl... FOLDER``: writes ``runs.csv`` and
``speed.csv`` into the folder.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.runtime.measure.results import MEASURED, read_results
from planner.runtime.measure.terms import log_facts, terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.runtime.measure.results import Measurement

#: what vLLM settled, by its own names
_SETTLED = (
    "max_model_len",
    "max_num_batched_tokens",
    "max_num_seqs",
    "enforce_eager",
    "cudagraph_mode",
    "quantization",
    "gpu_memory_utilization",
    "block_size",
    "num_gpu_blocks",
)
#: of the rank, to the byte
_RANK = (
    "total_bytes",
    "free_before_bytes",
    "weights_bytes",
    "parameter_bytes",
    "buffer_bytes",
    "peak_activation_bytes",
    "non_torch_bytes",
    "cuda_graph_estimate_bytes",
    "available_kv_cache_bytes",
    "device_free_bytes",
)
#: what the log prints of them, of a start that failed after its memory was known
_IN_LOG = {"weights_bytes": "weights_bytes", "available_kv_cache_bytes": "kv_cache_bytes"}
#: variables that a case sets; others are the same for all
_VARIABLES = ("VLLM_USE_V2_MODEL_RUNNER", "VLLM_USE_FLASHINFER_SAMPLER")
_POINT = ("kind", "batch", "tokens", "context_tokens", "seconds", "p10_s", "p90_s", "count")


def row(case: Measurement) -> dict[str, Any]:
    """One case: what was asked, what vLLM settled, what it took."""
    facts, found = log_facts(case), terms(case)
    rank = case.ranks[0] if case.ranks else {}
    asked = case.case.get("environment", {})
    return {
        "case": case.name,
        "model": case.model,
        "options": json.dumps(case.case.get("vllm_args", {})),
        "environment": json.dumps({k: v for k, v in asked.items() if k in _VARIABLES}),
        "outcome": case.outcome,
        "runner": (facts.runner if facts else None) or "v1",
        **{name: case.engine.get(name) for name in _SETTLED},
        "captured_sizes": len(case.engine.get("cudagraph_capture_sizes") or ()),
        **{name: rank.get(name, found.get(_IN_LOG.get(name, ""))) for name in _RANK},
        "graphs_bytes": found["graphs_bytes"],
        "kv_tokens": found["kv_tokens"],
        "start_s": found["start_s"],
    }


def points(case: Measurement) -> Iterable[dict[str, Any]]:
    """The speed points of a case that were timed."""
    for point in case.speed:
        if "seconds" in point:
            yield {"case": case.name, **{name: point.get(name) for name in _POINT}}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """A CSV file with a column for every key."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Read the results, write both tables."""
    *results, folder = map(Path, sys.argv[1:])
    last: dict[str, Measurement] = {}
    for case in (case for path in results for case in read_results(path)):
        if case.name not in last or case.outcome == MEASURED:
            last[case.name] = case
    write(folder / "runs.csv", [row(case) for case in last.values()])
    write(folder / "speed.csv", [point for case in last.values() for point in points(case)])


if __name__ == "__main__":
    main()
