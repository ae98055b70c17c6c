"""The ``vllm serve`` commands of a layout: one a host, by vLLM's own multi-node or by Ray."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from planner.plan import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

#: what the reader puts in its place: the address of host 0
HEAD = "HEAD_ADDRESS"
RAY_PORT = 6379


def serve_commands(
    model: str,
    vllm_args: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    hosts: int,
    executor: str = "mp",
) -> tuple[Command, ...]:
    """What one types on each host.

    One host takes one command. Several take the same with ``--nnodes``, ``--node-rank`` and
    the head's address, all but the head ``--headless``; on Ray the workers join the head and
    one command serves.
    Source: docs/serving/parallelism_scaling (vLLM 0.33)
    """
    serve = ["vllm", "serve", model, *arguments(vllm_args)]
    if hosts == 1:
        return (_command(0, "all", serve, environment),)
    if executor == "ray":
        return _on_ray(serve, environment, hosts)
    several = ["--nnodes", str(hosts), "--master-addr", HEAD]
    head = _command(0, "head", [*serve, *several, "--node-rank", "0"], environment)
    workers = (
        _command(
            rank, "worker", [*serve, *several, "--node-rank", str(rank), "--headless"], environment
        )
        for rank in range(1, hosts)
    )
    return (head, *workers)


def arguments(vllm_args: Mapping[str, Any]) -> list[str]:
    """Options as words of a command: True is a bare switch, False its inverse.

    >>> arguments({"--tensor-parallel-size": 8, "--enforce-eager": True})
    ['--tensor-parallel-size', '8', '--enforce-eager']
    """
    words: list[str] = []
    for flag, value in vllm_args.items():
        if value is True:
            words.append(flag)
        elif value is False:
            words.append("--no-" + flag.removeprefix("--"))
        elif isinstance(value, (list, tuple)):
            words += [flag, *map(str, value)]
        elif isinstance(value, dict):
            words += [flag, json.dumps(value)]
        else:
            words += [flag, str(value)]
    return words


def _on_ray(
    serve: list[str], environment: Mapping[str, str], hosts: int
) -> tuple[Command, ...]:
    head = _command(0, "head", ["ray", "start", "--head", "--port", str(RAY_PORT)], environment)
    join = ["ray", "start", "--address", f"{HEAD}:{RAY_PORT}"]
    workers = tuple(_command(rank, "worker", join, environment) for rank in range(1, hosts))
    backend = ["--distributed-executor-backend", "ray"]
    return (head, *workers, _command(0, "head", [*serve, *backend], environment))


def _command(
    node: int, role: str, argv: list[str], environment: Mapping[str, str]
) -> Command:
    assignments = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    return Command(
        node=node,
        role=role,  # type: ignore[arg-type]  # one of three literals, chosen above
        environment=dict(environment),
        argv=tuple(argv),
        shell=" ".join([*assignments, shlex.join(argv)]),
    )
