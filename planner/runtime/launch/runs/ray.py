"""Hosts joined by Ray over SSH: the program that ``--to ray`` writes, started here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.runtime.launch.runs import ssh

if TYPE_CHECKING:
    from planner.launch.base import Served
    from planner.runtime.launch.runs.base import Here, Part

ELSEWHERE = True


def parts(served: Served, here: Here) -> tuple[Part, ...]:
    """The starter; it shows what the hosts print.

    Raises:
        UsageError: nobody said which hosts, or the cluster runs already.
    """
    if served.settings.get("cluster"):
        raise UsageError(
            "--set cluster: the server is to run on a host of that cluster",
            fix="-o FOLDER writes the script to run there",
        )
    return ssh.started("ray", served, here)


def url(served: Served) -> str:
    """Where node 0 answers."""
    return ssh.url(served)
