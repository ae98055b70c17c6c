"""A Ray cluster: of the hosts, over SSH from one command, or one that runs already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.launch.base import EXECUTABLE, LaunchFile, Setting
from planner.launch.parts import nodes, shell

if TYPE_CHECKING:
    from planner.launch.base import Served

SETTINGS = (
    *nodes.SETTINGS,
    Setting(
        name="cluster",
        help="Address of a Ray cluster that runs already: auto, or HOST:PORT.",
        form=r"auto|[A-Za-z0-9_.:%\[\]-]+:\d+",
        example="auto",
    ),
)
_SERVE = "serve.sh"


def files(served: Served) -> tuple[LaunchFile, ...]:
    """As ``--to ssh`` over Ray; one script where the cluster runs already.

    Raises:
        UsageError: as ``nodes.files``.
    """
    over = nodes.over_ray(served)
    address = served.settings.get("cluster")
    if not address:
        return nodes.files(over)
    server = over.server
    lines = [
        *shell.needs(served.secrets),
        *shell.exports(server),
        f"export {shell.line(f'RAY_ADDRESS={address}')}",
        nodes.checked(over, wait_s=0),
        shell.line("exec", *server.argv),
    ]
    return (LaunchFile(path=_SERVE, text=shell.script(lines), mode=EXECUTABLE),)


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """The starter; the script itself where the cluster runs already."""
    return ((f"./{_SERVE}",),) if served.settings.get("cluster") else nodes.start(served)
