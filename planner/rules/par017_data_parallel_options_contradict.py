"""Options of data parallelism contradict each other, or the model.

What it checks:
    ``--data-parallel-size-local`` is at most the size; ``--data-parallel-hybrid-lb`` has it and
    stands without ``--data-parallel-external-lb``; ``--data-parallel-rank`` is below the size;
    the last two are for mixtures of experts.
Why:
    replicas of a dense model share nothing: vLLM wants them started as servers of their own
    where a balancer outside divides the requests.

Example:
    ``-dp 2 --data-parallel-rank 0`` on a dense model.
Fix:
    leave the options out and start one server a replica, or set the sizes as the finding says.
Source in vLLM:
    ``vllm.engine.arg_utils.EngineArgs.create_engine_config``,
    ``vllm.config.parallel.ParallelConfig`` (0.33.0)
Versions:
    the sizes: all; that dense models are refused: 0.33, which was read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.parts.options import of_options

if TYPE_CHECKING:
    from planner.case import Case
    from planner.rules.parts.options import Told

CODE = "PAR017"
NAME = "data-parallel-options-contradict"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 -dp 2 --data-parallel-rank 0",
    ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 -dp 2 --data-parallel-hybrid-lb"),
    "--model Qwen/Qwen3-30B-A3B --gpus 8xH100 -dp 2 --data-parallel-size-local 4",
)
GOOD = (
    "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 -dp 2",
    "--model Qwen/Qwen3-30B-A3B --gpus 8xH100 -dp 2 --data-parallel-rank 1",
)
LOG = (
    "Non-MoE models do not support external data parallel",
    "requires `--data-parallel-size-local`",
    "must be <= data_parallel_size",
)

#: the release whose check was read; earlier ones may let it pass
_READ = (0, 33)


def _wrong(case: Case) -> Told | None:
    asked = case.arguments
    size, local = asked.data_parallel_size or 1, asked.data_parallel_size_local
    rank, outside = asked.data_parallel_rank, asked.data_parallel_external_lb
    if local is not None and local > size:
        return (
            f"{local} replicas here of {size} in all",
            "--data-parallel-size-local counts a part of --data-parallel-size",
            f"--data-parallel-size-local {size} or less",
        )
    if asked.data_parallel_hybrid_lb and (local is None or outside):
        return (
            "--data-parallel-hybrid-lb "
            + ("beside --data-parallel-external-lb" if outside else "without the replicas here"),
            "each host balances over its own replicas, and must know how many they are",
            "--data-parallel-size-local N, without --data-parallel-external-lb",
        )
    if rank is not None and rank >= size:
        return (
            f"--data-parallel-rank {rank} of {size} replicas",
            "replicas are numbered from 0",
            f"--data-parallel-rank 0 to {size - 1}",
        )
    outward = outside or rank is not None
    dense = case.version.number >= _READ and not case.has_experts
    if size > 1 and outward and dense:
        return (
            f"replicas of {case.architecture.name}, which has no experts, balanced from outside",
            "replicas of a dense model share nothing, and vLLM starts them as servers of their own",
            "leave out --data-parallel-* and start one server a replica",
        )
    return None


broken, explain = of_options(_wrong, source="vllm.engine.arg_utils.EngineArgs.create_engine_config")
