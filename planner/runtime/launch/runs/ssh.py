"""All hosts over SSH: the program that ``--to ssh`` writes, started here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.launch.base import find
from planner.launch.parts.nodes import hosts_of
from planner.runtime.launch.folder import write_files
from planner.runtime.launch.runs import local
from planner.runtime.launch.runs.base import Part

if TYPE_CHECKING:
    from planner.launch.base import Served
    from planner.runtime.launch.runs.base import Here

#: what this machine has or lacks says nothing of the hosts
ELSEWHERE = True
#: the starter gives each host 9 s to end its part
_GRACE_S = 9.5


def parts(served: Served, here: Here) -> tuple[Part, ...]:
    """The starter; it shows what the hosts print.

    Raises:
        UsageError: nobody said which hosts.
    """
    return started("ssh", served, here)


def started(to: str, served: Served, here: Here) -> tuple[Part, ...]:
    """The starter that a launcher writes.

    Raises:
        UsageError: nobody said which hosts.
    """
    _named(served)
    launcher = find(to)
    folder = here.folder / "nodes"
    folder.mkdir()
    write_files(launcher.files(served), folder, force=True)
    ((program, *words),) = launcher.start(served)
    argv = (sys.executable, str(folder / program), *words)
    return (Part(name="nodes", argv=argv, environment=here.environ, grace_s=_GRACE_S),)


def url(served: Served) -> str:
    """Where node 0 answers.

    Raises:
        UsageError: nobody said which hosts.
    """
    address, of_here = _named(served)[0].rpartition("@")[2], local.url(served)
    shown = f"[{address}]" if ":" in address else address
    return of_here if address == "localhost" else of_here.replace("127.0.0.1", shown, 1)


def _named(served: Served) -> tuple[str, ...]:
    """Where to log in.

    Raises:
        UsageError: nobody said which hosts.
    """
    hosts = hosts_of(served)
    if not hosts:
        raise UsageError(
            "the plan does not name its hosts",
            cause="its cluster was typed as a number of GPUs",
            fix="--set hosts=gpu-a,gpu-b, or plan with a cluster.toml that names them",
        )
    return hosts
