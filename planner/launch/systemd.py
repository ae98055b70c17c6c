"""systemd: a service for each host, which counts as started when it answers.

Source: docs/deployment/systemd.md (of later releases: 0.33 does not notify systemd by itself)
"""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.launch.base import LaunchFile, Setting
from planner.launch.parts import nodes
from planner.launch.parts.board import GPUS, VISIBLE, of_replicas, platform
from planner.launch.parts.unit import unit, variable, words
from planner.launch.parts.waiting import health_check, start_limit_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.launch.base import Served
    from planner.plan import Command

_PROGRAM = Setting(
    name="program", help="vLLM's program on the host, with its path.", default="/opt/vllm/bin/vllm"
)
_USER = Setting(name="user", help="Who runs it.", default="vllm")
SETTINGS: tuple[Setting, ...] = (_PROGRAM, _USER, GPUS)

_SECRETS = "/etc/vllm"
_PATH = "/usr/local/cuda/bin:/usr/local/bin:/usr/bin:/bin"
_FOLDER = "/etc/systemd/system/"
#: long enough for workers to let go of their GPUs
_STOP_S = 60
#: starts in this time, before systemd gives up: a server that crashes each time has to be mended
_STARTS, _STARTS_WITHIN_S = "3", "2h"


def files(served: Served) -> tuple[LaunchFile, ...]:
    """A unit for each host.

    Raises:
        UsageError: several servers, hosts that Ray joins, or a head that nobody named.
    """
    if served.replicas > 1:
        raise UsageError(
            f"--replicas {served.replicas} servers need something that spreads the requests",
            fix="--to compose writes them with it",
        )
    return tuple(
        LaunchFile(path=_name(served, node), text=_unit(served, node))
        for node in range(served.nodes)
    )


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """Install each unit on its host, and start it."""
    names = [_name(served, node) for node in range(served.nodes)]
    return tuple(
        command
        for name in names
        for command in (
            ("sudo", "install", "-m", "644", name, _FOLDER),
            ("sudo", "systemctl", "daemon-reload"),
            ("sudo", "systemctl", "enable", "--now", name),
        )
    )


def _name(served: Served, node: int) -> str:
    return f"{served.name}{f'-node-{node}' if served.nodes > 1 else ''}.service"


def _command(served: Served, node: int) -> Command:
    commands = served.on_node(node)
    if len(commands) != 1 or commands[0].argv[:1] == ("ray",):
        raise UsageError(
            "Ray joins these hosts, by commands that end before the server does",
            fix="plan with --executor mp: vLLM joins them itself",
        )
    if [*nodes.needed(commands)]:
        raise UsageError("the address of node 0 is not known", fix="--master-addr ADDRESS")
    return commands[0]


def _run_by(served: Served) -> tuple[str, str]:
    """The program and the user."""
    program = served.settings.get(_PROGRAM.name) or _PROGRAM.default
    user = served.settings.get(_USER.name) or _USER.default
    if not PurePosixPath(program).is_absolute() or not user.replace("-", "").isalnum():
        raise UsageError(
            f"--set program={program} or user={user} is none that systemd takes",
            fix=f"--set program={_PROGRAM.default} --set user={_USER.default}",
        )
    return program, user


def _unit(served: Served, node: int) -> str:
    command = _command(served, node)
    program, user = _run_by(served)
    (gpus,) = of_replicas(served)
    shown = {VISIBLE.get(platform(served), VISIBLE["cuda"]): ",".join(gpus)} if gpus else {}
    environment = {**command.environment, **shown}
    service = [
        ("Type", "exec"),
        ("User", user),
        # downloads and what vLLM compiles: below its home
        ("CacheDirectory", served.name),
        ("Environment", f"HOME=/var/cache/{served.name}"),
        # kernels are compiled by what lies beside vLLM
        ("Environment", variable("PATH", f"{PurePosixPath(program).parent}:{_PATH}")),
        *(("Environment", variable(name, value)) for name, value in environment.items()),
        *_secrets(served),
        ("ExecStart", words((program, *command.argv[1:]))),
        *([] if node else [("ExecStartPost", words(("/bin/sh", "-c", _wait(served))))]),
        ("TimeoutStartSec", str(start_limit_s(served))),
        # the server ends its workers; what is left is killed
        ("KillMode", "mixed"),
        ("TimeoutStopSec", str(_STOP_S)),
        ("Restart", "on-failure"),
        ("RestartSec", "10"),
        ("LimitMEMLOCK", "infinity"),
    ]
    about = [
        ("Description", f"vLLM, {served.name}"),
        ("Wants", "network-online.target"),
        ("After", "network-online.target"),
        ("StartLimitIntervalSec", _STARTS_WITHIN_S),
        ("StartLimitBurst", _STARTS),
    ]
    install = [("WantedBy", "multi-user.target")]
    return unit([("Unit", about), ("Service", service), ("Install", install)])


def _secrets(served: Served) -> Iterator[tuple[str, str]]:
    """A file that root alone reads; without what belongs there the server does not start."""
    if served.secrets:
        path = f"{_SECRETS}/{served.name}.env"
        yield "EnvironmentFile", path
        tests = (f': "${{{name}:?is not set in {path}}}"' for name in served.secrets)
        yield "ExecStartPre", words(("/bin/sh", "-c", "; ".join(tests)))


def _wait(served: Served) -> str:
    """Ask until it answers, or is gone."""
    asks = f"{shlex.join(health_check(served))} >/dev/null 2>&1"
    return f'until {asks}; do kill -0 "$MAINPID" || exit 1; sleep 5; done'
