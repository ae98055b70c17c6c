"""What the planner says of cases before they are measured: a row each, sizes in bytes.

Committed before the runs, so that the comparison is blind.

Usage: ``python -m scripts.runs.predicted CASES.jsonl GPUS FILE.csv``
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner import estimate
from planner.errors import PlannerError
from planner.runtime.measure.cases import read_file

if TYPE_CHECKING:
    from planner.runtime.measure.cases import Entry

RELEASE = "0.26.0"
#: vLLM's own default, where the planner would choose more
UTILIZATION = 0.92
TERMS = (
    "weights_bytes",
    "parameter_bytes",
    "buffer_bytes",
    "activation_bytes",
    "cuda_graph_bytes",
    "non_torch_bytes",
    "kv_cache_bytes",
    "outside_budget_bytes",
)
_INTERVALS = ("activation_bytes", "cuda_graph_bytes", "non_torch_bytes", "kv_cache_bytes")
_COLUMNS = (
    "case",
    "model",
    *TERMS,
    *(f"{term}_{end}" for term in _INTERVALS for end in ("low", "high")),
    "block_size",
    "num_blocks",
    "kv_tokens",
    "error",
)


def row(entry: Entry, gpus: str) -> dict[str, Any]:
    """One case's prediction, or why there is none."""
    options = {name.replace("-", "_"): value for name, value in entry.options.items()}
    # how a kernel is chosen is no option of the Python API
    options.pop("additional_config", None)
    told = {"case": entry.name, "model": entry.model}
    try:
        answer = estimate(
            model=entry.model,
            gpus=gpus,
            offline=True,
            vllm_version=RELEASE,
            calibration=False,
            environment=entry.environment,
            **{"gpu_memory_utilization": UTILIZATION, **options},
        )
    except PlannerError as error:
        return {**told, "error": str(error)}
    (layout,) = answer.layouts
    if layout.memory is None or layout.kv_cache is None:
        return {**told, "error": "it does not fit"}
    stage, cache = layout.memory.stages[0], layout.kv_cache
    ends = zip(("low", "high"), (0, 1), strict=True)
    return {
        **told,
        **{term: getattr(stage, term) for term in TERMS},
        **{
            f"{term}_{name}": stage.interval[term][place]
            for name, place in ends
            for term in _INTERVALS
        },
        "block_size": cache.block_size,
        "num_blocks": cache.num_blocks,
        "kv_tokens": cache.tokens,
    }


def main() -> None:
    """Read the cases, write the table."""
    cases, gpus, table = sys.argv[1:]
    with Path(table).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row(entry, gpus) for entry in read_file(cases))


if __name__ == "__main__":
    main()
