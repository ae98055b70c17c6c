"""Docker: a script for each host that runs vLLM's image.

Source: docs/deployment/docker.cuda.inc.md, docker.rocm.inc.md and docker.md (0.27)
"""

from __future__ import annotations

import csv
import io
import shlex
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.launch.base import EXECUTABLE, LaunchFile
from planner.launch.parts import nodes, shell
from planner.launch.parts.container import COMPILED, SETTINGS, Container, container
from planner.launch.parts.waiting import health_check, start_limit_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.launch.base import Served

__all__ = ["SETTINGS", "files", "start"]

_CHECK_EVERY_S = 10


def files(served: Served) -> tuple[LaunchFile, ...]:
    """A script for each host, to be run there.

    Raises:
        UsageError: several servers are asked for, or it cannot run in a container.
    """
    if served.replicas > 1:
        raise UsageError(
            f"--replicas {served.replicas} servers need something that spreads the requests",
            fix="--to compose writes them with it",
        )
    return tuple(
        LaunchFile(
            path=_script(served, node),
            text=shell.script(_lines(served, container(served, node), node)),
            mode=EXECUTABLE,
        )
        for node in range(served.nodes)
    )


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """Each script on its host."""
    return tuple((f"./{_script(served, node)}",) for node in range(served.nodes))


def _script(served: Served, node: int) -> str:
    return f"docker-node-{node}.sh" if served.nodes > 1 else "docker.sh"


def _lines(served: Served, what: Container, node: int) -> Iterator[str]:
    (command,) = served.on_node(node)
    hub = what.hub
    yield from shell.needs(what.secrets)
    yield from nodes.needed((command,))
    yield f': "${{{hub.variable}:=${{HOME:?}}/{hub.below_home}}}"'
    yield shell.line("mkdir", "-p", shell.Raw(f'"${hub.variable}"'))
    yield shell.block(
        ("exec", "docker", "run", "--rm", "--name", f"{served.name}{f'-{node}' if node else ''}"),
        *_gpus(what),
        ("--shm-size", what.shm) if what.shm else ("--ipc", "host"),
        _network(served, what),
        (
            "--volume",
            shell.Raw(f'"${hub.variable}":{shlex.quote(hub.inside)}'),
            *("--volume", ":".join(COMPILED)),
        ),
        *(("--mount", _bind(path, read_only=True)) for path in what.read),
        *(("--mount", _bind(path, read_only=False)) for path in what.written),
        *(("--env", name) for name in what.secrets),
        *(("--env", f"{name}={value}") for name, value in what.environment.items()),
        *(() if node else _health(served)),
        # the command says all, whatever the image would start
        ("--entrypoint", "", what.image),
        (*nodes.words(command),),
    )


def _gpus(what: Container) -> Iterator[tuple[str, ...]]:
    devices = [word for device in what.devices for word in ("--device", device)]
    if not what.rocm:
        # read as a line of CSV, so that several names need quotes of their own
        yield ("--gpus", f'"device={",".join(what.gpus)}"' if what.gpus else "all")
        if devices:
            yield (*devices, "--cap-add", "IPC_LOCK", "--ulimit", "memlock=-1")
        return
    yield tuple(devices)
    yield (
        *("--group-add", "video", "--cap-add", "SYS_PTRACE"),
        *("--security-opt", "seccomp=unconfined"),
    )


def _network(served: Served, what: Container) -> tuple[str, ...]:
    if what.over_hosts:
        return ("--network", "host")
    return ("--publish", f"{served.port}:{served.port}")


def _bind(path: str, *, read_only: bool) -> str:
    """A mount under the same path, as the line of CSV that Docker reads it as."""
    out = io.StringIO()
    fields = ["type=bind", f"source={path}", f"target={path}", *(["readonly"] * read_only)]
    csv.writer(out, lineterminator="").writerow(fields)
    return out.getvalue()


def _health(served: Served) -> tuple[tuple[str, ...], ...]:
    times = ("--health-start-period", f"{start_limit_s(served)}s")
    return (
        ("--health-cmd", shlex.join(health_check(served))),
        (*times, "--health-interval", f"{_CHECK_EVERY_S}s"),
    )
