"""A tour of the Python interface: recommend, compare, validate, keep.

Run it from anywhere: ``python examples/api_tour.py``. It needs no GPU and no network.
"""

# ruff: noqa: INP001, T201 - a script that is read, run by its path, and prints
from __future__ import annotations

import json
import tempfile
from pathlib import Path

from planner import PlannerError, estimate, recommend, validate
from planner.units import gib_text

MODEL = "deepseek-ai/DeepSeek-R1"
GPUS = "2x8xA100"


def best_layout() -> None:
    """The best layout, the memory of each stage, the command of each host."""
    answer = recommend(model=MODEL, gpus=GPUS)
    best = answer.layouts[0]
    print(f"TP{best.tensor_parallel_size} x PP{best.pipeline_parallel_size}: {best.fit.verdict}")
    for stage in best.memory.stages if best.memory else ():
        first, last = stage.layers
        constructed = gib_text(stage.parameter_bytes + stage.buffer_bytes)
        loaded = gib_text(stage.weights_bytes)
        low, high = map(gib_text, stage.interval["kv_cache_bytes"])
        print(f"  layers {first}-{last}: {constructed} constructed, {loaded} loaded")
        print(f"    {low} to {high} for the KV cache")
    for command in best.commands:
        print(f"  node {command.node}: {command.shell}")


def context_against_room() -> None:
    """What a longer context costs: requests that the KV cache holds at a time."""
    for length in (8_192, 32_768, 131_072):
        layout = estimate(
            model=MODEL,
            gpus=GPUS,
            tensor_parallel_size=8,
            pipeline_parallel_size=2,
            max_model_len=length,
        ).layouts[0]
        if layout.kv_cache is not None:
            print(f"  {length:>7,} tokens: {layout.kv_cache.max_concurrency:.1f} requests")


def somebody_elses_command() -> None:
    """The findings about a command, as a review would ask for them."""
    answer = validate(command=f"vllm serve {MODEL} -tp 16", gpus=GPUS)
    for finding in answer.layouts[0].findings:
        print(f"  {finding.severity} {finding.code} ({finding.origin}): {finding.message}")


def kept_plan() -> None:
    """A plan is the answer as JSON or YAML; validate reads it back."""
    answer = recommend(model=MODEL, gpus=GPUS, top=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        path.write_text(json.dumps(answer.model_dump(mode="json")), encoding="utf-8")
        checked = validate(path)
    errors = [f.code for f in checked.layouts[0].findings if f.severity == "error"]
    print(f"  {len(errors)} errors, {checked.layouts[0].fit.verdict}")


def unknown_model() -> None:
    """What a user can mend says what, why, and what to type."""
    try:
        recommend(model="DeepSeek-R2", gpus=GPUS, offline=True)
    except PlannerError as error:
        print(f"  {error.message}; {error.cause}")
        print(f"  {error.fix}; exit code {int(error.exit_code)}")


def main() -> None:
    """All of it, in order."""
    best_layout()
    print("context")
    context_against_room()
    print("a command with -tp 16")
    somebody_elses_command()
    print("a plan read back")
    kept_plan()
    print("an error")
    unknown_model()


if __name__ == "__main__":
    main()
