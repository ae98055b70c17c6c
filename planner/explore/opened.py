"""A request read back from a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.errors import UsageError
from planner.request import GPU_MEMORY_UTILIZATION
from planner.targets.read import read_targets
from planner.validate import asked_of
from planner.vllm.arguments import OPTIONS

if TYPE_CHECKING:
    from planner.request import Request


#: the options that say which host runs which ranks
_HOSTS = "nodes"


def opened(name: str, typed: Request) -> Request:
    """What the plan of a file, or whatever else ``validate`` reads, asks for.

    What was typed beside it wins.

    Raises:
        PlannerError: the file cannot be read, or describes several deployments.
    """
    targets = read_targets([name], version=typed.vllm_version)
    if len(targets) != 1:
        raise UsageError(
            f"{name} describes {len(targets)} deployments",
            cause="one is looked at at a time",
            fix="planner recommend --model MODEL --gpus GPUS -o plan.yaml writes a plan of one",
        )
    asked = _without_hosts(asked_of(typed, targets[0]))
    if asked.pinned.gpu_memory_utilization is None:
        return asked
    # its share is spelled out; what is changed from here on is chosen here
    return replace(asked, default_gpu_memory_utilization=GPU_MEMORY_UTILIZATION)


def _without_hosts(asked: Request) -> Request:
    """The request without what each host's command says of itself: another layout has others."""
    ray = "ray" in {asked.pinned.distributed_executor_backend, asked.pinned.data_parallel_backend}
    own: dict[str, Any] = {n: None for n, option in OPTIONS.items() if option.group == _HOSTS}
    pinned = replace(asked.pinned, **own)
    return replace(asked, pinned=pinned, executor="ray" if ray else asked.executor)
