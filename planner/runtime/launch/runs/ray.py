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
    _from_here(served)
    return ssh.started("ray", served, here)


def url(served: Served) -> str:
    """Where node 0 answers.

    Raises:
        UsageError: as ``parts``.
    """
    _from_here(served)
    return ssh.url(served)


def _from_here(served: Served) -> None:
    if served.settings.get("cluster"):
        raise UsageError(
            "--set cluster: the server is to run on a host of that cluster",
            fix="-o FOLDER writes the script to run there",
        )
