"""The commands of a deployment, one or more for each host, quoted for a POSIX shell."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from planner.frozen import frozen
from planner.vllm.command import write_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: stands for the address of host 0 where nobody gave one
HEAD = "HEAD_ADDRESS"
RAY_PORT = 6379

#: what makes a host this or that host: set here, whatever the options say
_OF_ONE_HOST = {"--nnodes", "--node-rank", "--headless"}
_BACKEND = "--distributed-executor-backend"

Executor = Literal["mp", "ray"]


@frozen
class HostCommand:
    """What one types on one host."""

    node: int
    role: Literal["head", "worker", "all"]
    """``all`` is the only host there is."""
    argv: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def shell(self) -> str:
        """The command as one line for a POSIX shell."""
        return shell_line(self.argv, self.environment)


def shell_line(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """Words and variables as one line that a POSIX shell splits into the same words.

    >>> shell_line(["vllm", "serve", "my model"], {"VLLM_PP_LAYER_PARTITION": "31,30"})
    "VLLM_PP_LAYER_PARTITION=31,30 vllm serve 'my model'"
    """
    variables = [f"{name}={shlex.quote(value)}" for name, value in environment.items()]
    return " ".join([*variables, shlex.join(argv)])


def host_commands(
    model: str,
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    nodes: int,
    executor: Executor = "mp",
) -> tuple[HostCommand, ...]:
    """The commands that start one deployment, in the order to type them.

    Args:
        model: what ``vllm serve`` is given.
        options: by flag, the same on every host.
        environment: variables to set, the same on every host.
        nodes: hosts; ranks fill them in order, equally many on each.
        executor: ``mp`` starts a process on each host; ``ray`` joins hosts, then starts once.

    Source: vllm.engine.arg_utils.EngineArgs.create_engine_config,
    vllm.entrypoints.cli.serve.run_headless (0.33.0); docs/serving/parallelism_scaling.
    """
    common = {flag: value for flag, value in options.items() if flag not in _OF_ONE_HOST}
    serve = ["vllm", "serve", model, *write_options(common)]
    if nodes == 1:
        return (HostCommand(node=0, role="all", argv=tuple(serve), environment=environment),)
    head = str(options.get("--master-addr") or HEAD)
    if executor == "ray" or options.get(_BACKEND) == "ray":
        serve = ["vllm", "serve", model, *write_options(common | {_BACKEND: "ray"})]
        replicas = int(options.get("--data-parallel-size") or 1)
        return _ray(serve, environment, nodes, head, replicas)
    address = [] if "--master-addr" in options else ["--master-addr", head]
    return tuple(
        HostCommand(
            node=node,
            role="worker" if node else "head",
            argv=(
                *serve,
                *("--nnodes", str(nodes), "--node-rank", str(node), *address),
                *(["--headless"] if node else []),
            ),
            environment=environment,
        )
        for node in range(nodes)
    )


def _ray(
    serve: list[str],
    environment: Mapping[str, str],
    nodes: int,
    head: str,
    replicas: int,
) -> tuple[HostCommand, ...]:
    """Join the hosts, then start once.

    Source: vllm.v1.engine.utils.CoreEngineActorManager.create_dp_placement_groups (0.33.0)
    """
    start = ("ray", "start", "--head", "--port", str(RAY_PORT))
    join = ("ray", "start", "--address", f"{head}:{RAY_PORT}")
    if replicas > 1:
        serve += [] if "--data-parallel-backend" in serve else ["--data-parallel-backend", "ray"]
        if replicas >= nodes:
            serve += ["--data-parallel-size-local", str(replicas // nodes)]
        else:
            environment = {**environment, "VLLM_RAY_DP_PACK_STRATEGY": "span"}
    # workers inherit the variables of the Ray process that starts them
    command = partial(HostCommand, environment=environment)
    return (
        command(node=0, role="head", argv=start),
        *(command(node=node, role="worker", argv=join) for node in range(1, nodes)),
        command(node=0, role="head", argv=tuple(serve)),
    )
