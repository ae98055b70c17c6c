"""This machine: a script for each host, or with --run the server itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.launch.base import EXECUTABLE, LaunchFile
from planner.launch.parts import replicas, shell
from planner.launch.parts.ray_port import PORT, on_ray_port

if TYPE_CHECKING:
    from planner.launch.base import Served, Setting

SETTINGS: tuple[Setting, ...] = (PORT,)


def files(served: Served) -> tuple[LaunchFile, ...]:
    """A script for each host, to be run there; for several servers one each, and nginx's.

    Raises:
        UsageError: several servers do not go on one host, or Ray's port is none.
    """
    if served.replicas > 1:
        return replicas.files(served)
    served = on_ray_port(served)
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
    if served.replicas > 1:
        return replicas.start(served)
    return tuple((f"./{_script(served, node)}",) for node in range(served.nodes))


def _script(served: Served, node: int) -> str:
    return f"node-{node}.sh" if served.nodes > 1 else "serve.sh"
