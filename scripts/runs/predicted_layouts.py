"""What the planner says of whole deployments before they are measured: each stage, each load.

``memory.csv`` has a row for a term of a stage, in bytes; ``kv_cache.csv`` a row a case;
``speed.csv`` a row a load. Committed before the runs, so that the comparison is blind.

Usage: ``python -m scripts.runs.predicted_layouts CASES.jsonl GPUS FOLDER``
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner import estimate
from planner.runtime.measure.cases import read_file
from scripts.runs.measured import write
from scripts.runs.predicted import RELEASE, TERMS, UTILIZATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.plan import Layout
    from planner.runtime.measure.cases import Entry

#: requests at a time over the whole deployment, and the tokens of each
CONCURRENCIES = (1, 16, 64, 256)
_INPUT_TOKENS, _OUTPUT_TOKENS = 1024, 256


def layout(entry: Entry, gpus: str, concurrency: int) -> Layout:
    """The one layout of a case under a closed loop of so many requests."""
    options = {name.replace("-", "_"): value for name, value in entry.options.items()}
    (found,) = estimate(
        model=entry.model,
        gpus=gpus,
        offline=True,
        vllm_version=RELEASE,
        calibration=False,
        gpu_memory_utilization=UTILIZATION,
        concurrency=concurrency,
        input_tokens=_INPUT_TOKENS,
        output_tokens=_OUTPUT_TOKENS,
        **options,
    ).layouts
    return found


def memory(case: str, found: Layout) -> Iterator[dict[str, Any]]:
    """Rows of every term of every stage; a term without an interval is exact."""
    stages = found.memory.stages if found.memory else ()
    for number, stage in enumerate(stages):
        for term in TERMS:
            value = getattr(stage, term)
            low, high = stage.interval.get(term, (value, value))
            where = {"case": case, "stage": number, "term": term}
            yield {**where, "bytes": value, "low": low, "high": high}


def cache(case: str, found: Layout) -> dict[str, Any]:
    """The KV cache of one replica."""
    names = ("block_size", "num_blocks", "tokens", "max_model_len", "max_concurrency")
    return {"case": case, **{name: getattr(found.kv_cache, name) for name in names}}


def speed(case: str, concurrency: int, found: Layout) -> dict[str, Any]:
    """Waits and throughput at one load, milliseconds and tokens a second."""
    told = found.performance
    row: dict[str, Any] = {"case": case, "concurrency": concurrency}
    for name in ("ttft_ms", "tpot_ms", "output_tokens_per_s"):
        row[name] = getattr(told, name)
        row[f"{name}_low"], row[f"{name}_high"] = told.interval[name] if told else ("", "")
    return {**row, "limited_by": told.limited_by if told else ""}


def main() -> None:
    """Read the cases, write the tables."""
    cases, gpus, folder = sys.argv[1:]
    answers = {
        entry.name: {load: layout(entry, gpus, load) for load in CONCURRENCIES}
        for entry in read_file(cases)
    }
    first = {case: loads[CONCURRENCIES[0]] for case, loads in answers.items()}
    target = Path(folder)
    write(target / "memory.csv", [row for case in first for row in memory(case, first[case])])
    write(target / "kv_cache.csv", [cache(case, found) for case, found in first.items()])
    loads = [speed(case, load, one) for case, all_ in answers.items() for load, one in all_.items()]
    write(target / "speed.csv", loads)


if __name__ == "__main__":
    main()
