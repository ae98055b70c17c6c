"""Builds vLLM's engine, writes down what it took, then times it: one measured case.

A program of its own, in the Python that has vLLM:
``python -m planner.runtime.measure.engine CASE.json RESULTS.jsonl``. Each fact is appended to the
results file as soon as it is known, so a crash later loses none. Standard library and vLLM only.
"""
# ruff: noqa: ANN401, vLLM is not imported where this is checked

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.runtime.measure.facts import append
from planner.runtime.measure.requests import engine_for
from planner.runtime.measure.speed import points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WORKER = "planner.runtime.measure.worker.MeasuredWorker"
_SHUTDOWN_S = 30.0


def main(case_file: str, results: str) -> None:
    """Measure the case of a file; facts that are known by then stay, whatever fails."""
    case: dict[str, Any] = json.loads(Path(case_file).read_text(encoding="utf-8"))

    def write(kind: str, /, **fact: Any) -> None:
        append(results, {"fact": kind, **case["identity"], **fact})

    write("software", **_software())
    begun = time.perf_counter()
    engine = engine_for(_arguments(case["argv"]))
    write("engine", start_up_s=time.perf_counter() - begun, **settled(engine.vllm_config))
    _write_ranks(engine, Path(case["ranks"]), write)
    for point in points(engine, case["speed"]):
        write("speed", **point)
    _leave(engine)


def _software() -> dict[str, Any]:
    import torch
    import vllm
    from vllm.platforms import current_platform

    return {
        "vllm": vllm.__version__,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "python": sys.version.split()[0],
        "platform": current_platform.device_type,
    }


def _arguments(argv: Sequence[str]) -> Any:
    """VLLM's options as its own server reads them."""
    from vllm.engine.arg_utils import AsyncEngineArgs

    try:
        from vllm.utils.argparse_utils import FlexibleArgumentParser
    except ImportError:  # up to 0.11
        from vllm.utils import FlexibleArgumentParser

    parser = AsyncEngineArgs.add_cli_args(FlexibleArgumentParser())
    return AsyncEngineArgs.from_cli_args(
        parser.parse_args([*argv, "--worker-extension-cls", _WORKER])
    )


#: what vLLM made of the options: the part of its configuration, and the names there
_SETTLED = {
    "model_config": ("dtype", "quantization", "max_model_len", "enforce_eager"),
    "cache_config": (
        "num_gpu_blocks",
        "block_size",
        "cache_dtype",
        "gpu_memory_utilization",
        "enable_prefix_caching",
    ),
    "scheduler_config": ("max_num_batched_tokens", "max_num_seqs"),
    "compilation_config": ("cudagraph_mode", "cudagraph_capture_sizes"),
}


def settled(config: Any) -> dict[str, Any]:
    """What vLLM made of the options; a release without a name leaves it out."""
    found = {
        name: getattr(getattr(config, part), name)
        for part, names in _SETTLED.items()
        for name in names
        if hasattr(getattr(config, part), name)
    }
    return {name: v if _is_plain(v) else str(v) for name, v in found.items()}


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, list))


def _write_ranks(engine: Any, folder: Path, write: Callable[..., None]) -> None:
    """The figures of every worker; a release whose workers cannot be asked has its log."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        engine.collective_rpc("planner_write_memory", str(folder))
    except Exception as error:  # noqa: BLE001 - whatever a release of vLLM raises here
        write("note", text=f"the workers did not tell their memory: {error!r:.500}")
    for path in sorted(folder.glob("rank-*.json")):
        write("rank", **json.loads(path.read_text(encoding="utf-8")))


def _leave(engine: Any) -> None:
    """End with all facts written: a shutdown that hangs must not make the case a failure."""
    closing = threading.Thread(target=engine.shutdown, daemon=True)
    closing.start()
    closing.join(_SHUTDOWN_S)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
