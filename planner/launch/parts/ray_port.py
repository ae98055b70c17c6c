"""The port on which the head of a Ray cluster waits for the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.launch.base import Setting
from planner.vllm.hosts import RAY_PORT, shell_line

if TYPE_CHECKING:
    from planner.launch.base import Served
    from planner.plan import Command

PORT = Setting(
    name="ray-port",
    help="Port of Ray's head, where another cluster of a shared host has the usual one.",
    default=str(RAY_PORT),
)
_HIGHEST = 65535


def on_ray_port(served: Served) -> Served:
    """The same deployment with Ray's head on the port that was asked for.

    Source: ray start, --port and --address (ray 2.49)

    Raises:
        UsageError: it is no port.
    """
    port = served.settings.get(PORT.name) or PORT.default
    if not port.isdecimal() or not 0 < int(port) <= _HIGHEST:
        raise UsageError(
            f"--set {PORT.name}={port} is no port",
            cause=f"a number from 1 to {_HIGHEST}",
            fix=f"--set {PORT.name}={RAY_PORT + 1}",
        )
    if port == PORT.default:
        return served
    return replace(served, commands=tuple(_on(each, port) for each in served.commands))


def _on(command: Command, port: str) -> Command:
    if command.argv[:2] != ("ray", "start"):
        return command
    usual = str(RAY_PORT)
    argv = tuple(
        port if word == usual else f"{word.removesuffix(usual)}{port}" if word.endswith(f":{usual}")
        else word
        for word in command.argv
    )  # fmt: skip
    shell = shell_line(argv, command.environment)
    return command.model_copy(update={"argv": argv, "shell": shell})
