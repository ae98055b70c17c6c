"""Several like servers of one host: a script for each, and nginx before them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.launch.base import EXECUTABLE, LaunchFile
from planner.launch.parts import shell
from planner.launch.parts.board import VISIBLE, of_replicas, platform
from planner.launch.parts.nginx import balancer
from planner.launch.parts.waiting import scheme
from planner.vllm.hosts import shell_line
from planner.vllm.rewrite import with_options

if TYPE_CHECKING:
    from planner.launch.base import Served

_CONFIGURATION = "nginx.conf"
_BALANCER = "balancer.sh"
#: where nginx keeps what it writes, below the folder of the files
_KEPT = "nginx"


def files(served: Served) -> tuple[LaunchFile, ...]:
    """A script for each server, nginx's configuration, and the script that starts nginx.

    Raises:
        UsageError: one server takes several hosts, or all of them more GPUs than there are.
    """
    if served.nodes > 1:
        raise UsageError(
            f"each of {served.replicas} servers takes {served.nodes} hosts",
            fix="--to kubernetes, or start this plan once for each and spread the requests",
        )
    each = replicas(served)
    scripts = (
        LaunchFile(
            path=_script(place),
            text=shell.script(shell.runs(one.commands, one.secrets)),
            mode=EXECUTABLE,
        )
        for place, one in enumerate(each)
    )
    servers = [f"127.0.0.1:{one.port}" for one in each]
    words = ("nginx", "-p", shell.Raw('"$PWD"'), "-e", "stderr", "-c", _CONFIGURATION)
    starts = (shell.line("mkdir", "-p", _KEPT), shell.line("exec", *words, "-g", "daemon off;"))
    text = balancer(servers, served.port, scheme=scheme(served), own_folder=_KEPT)
    return (
        *scripts,
        LaunchFile(path=_CONFIGURATION, text=text),
        LaunchFile(path=_BALANCER, text=shell.script(starts), mode=EXECUTABLE),
    )


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """Each server, then what spreads the requests."""
    return (*((f"./{_script(place)}",) for place in range(served.replicas)), (f"./{_BALANCER}",))


def replicas(served: Served) -> tuple[Served, ...]:
    """Each server by itself, with GPUs of its own and the ports after the one that all share."""
    variable = VISIBLE.get(platform(served), VISIBLE["cuda"])
    return tuple(
        _one(served, served.port + 1 + place, {variable: ",".join(gpus)})
        for place, gpus in enumerate(of_replicas(served))
    )


def _one(served: Served, port: int, shown: dict[str, str]) -> Served:
    (command,) = served.commands
    argv = with_options(command.argv, (("--port", (str(port),)),), served.vllm_version)
    environment = {**command.environment, **shown}
    update = {"argv": argv, "environment": environment, "shell": shell_line(argv, environment)}
    return replace(served, replicas=1, port=port, commands=(command.model_copy(update=update),))


def _script(place: int) -> str:
    return f"serve-{place}.sh"
