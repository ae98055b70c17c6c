"""This machine: a script for each host, or with --run the server itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.launch.base import EXECUTABLE, LaunchFile
from planner.launch.parts import shell

if TYPE_CHECKING:
    from planner.launch.base import Served, Setting

SETTINGS: tuple[Setting, ...] = ()


def files(served: Served) -> tuple[LaunchFile, ...]:
    """A script for each host, to be run there.

    Raises:
        UsageError: several servers are asked for.
    """
    if served.replicas > 1:
        raise UsageError(
            f"--replicas {served.replicas} servers cannot share one script",
            cause="each needs GPUs and a port of its own, and something must spread the requests",
            fix="--to compose or --to kubernetes writes them with what spreads the requests, or "
            "plan with --data-parallel-size",
        )
    return tuple(
        LaunchFile(
            path=_script(served, node),
            text=shell.script(shell.runs(served.on_node(node), served.secrets)),
            mode=EXECUTABLE,
        )
        for node in range(served.nodes)
    )


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """Each script on its host."""
    return tuple((f"./{_script(served, node)}",) for node in range(served.nodes))


def _script(served: Served, node: int) -> str:
    return f"node-{node}.sh" if served.nodes > 1 else "serve.sh"
