"""What runs a deployment, and how one is found."""

from __future__ import annotations

import signal
from dataclasses import field
from typing import TYPE_CHECKING, Protocol, cast

from planner import plugins
from planner.errors import UsageError
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.launch.base import Served

_PACKAGE = "planner.runtime.launch.runs"
#: a server that is asked to end gets this long; all of it is gone within 10 s
GRACE_S = 6.0


@frozen
class Part:
    """One process of a deployment; the first of all is the server, whose log is followed."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    """All of it: nothing is inherited."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = GRACE_S


@frozen
class Here:
    """The machine and the folder that a deployment is started from."""

    environ: Mapping[str, str]
    """The process's own variables; secrets are taken from here, by name."""
    folder: Path
    """For what lasts as long as the deployment: sockets, logs."""
    python: str | None = None
    """The Python that has vLLM, where it was named."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further variables for every process."""


class Run(Protocol):
    """A module that says which processes run a deployment.

    With ``ELSEWHERE = True`` it runs on other hosts: this machine is not looked at before.
    """

    def parts(self, served: Served, here: Here) -> tuple[Part, ...]:
        """The processes, in the order to start them.

        Raises:
            PlannerError: it cannot be run from here.
        """
        ...  # pragma: no cover

    def url(self, served: Served) -> str:
        """Where the server answers, as seen from here."""
        ...  # pragma: no cover


def find_run(to: str) -> Run:
    """What runs the deployments of a launcher.

    Raises:
        UsageError: its files are run by something else.
    """
    if to in plugins.names(_PACKAGE):
        return cast("Run", plugins.load(_PACKAGE, to))
    raise UsageError(
        f"--to {to} is not run from here",
        cause=f"--run starts {', '.join(plugins.names(_PACKAGE))}",
        fix=f"--to {to} -o FOLDER writes the files, and says what starts them",
    )
