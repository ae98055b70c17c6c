"""The commands of a deployment, one or more for each host, quoted for a POSIX shell."""

from __future__ import annotations

import shlex
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
class Network:
    """How the hosts of a deployment reach each other, as far as their owner says it."""

    hosts: tuple[str, ...] = ()
    """Names or addresses, in node order."""
    addresses: tuple[str, ...] = ()
    """IP addresses on the network between them, in node order."""
    interface: str | None = None
    """For the sockets of NCCL and Gloo."""
    ib_hca: str | None = None
    """InfiniBand adapters of NCCL."""

    @property
    def head(self) -> str | None:
        """Where the others reach node 0."""
        return next(iter(self.addresses or self.hosts), None)

    def variables(self, node: int) -> dict[str, str]:
        """What vLLM and NCCL of one host are told.

        Source: vllm.envs.VLLM_HOST_IP, vllm.utils.network_utils.get_ip (0.33.0);
        docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html
        """
        address = self.addresses[node] if self.addresses else None
        found = {
            "VLLM_HOST_IP": address,
            "NCCL_SOCKET_IFNAME": self.interface,
            "GLOO_SOCKET_IFNAME": self.interface,
            "NCCL_IB_HCA": self.ib_hca,
        }
        return {name: value for name, value in found.items() if value}


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
    network: Network | None = None,
) -> tuple[HostCommand, ...]:
    """The commands that start one deployment, in the order to type them.

    Args:
        model: what ``vllm serve`` is given.
        options: by flag, the same on every host.
        environment: variables to set, the same on every host.
        nodes: hosts; ranks fill them in order, equally many on each.
        executor: ``mp`` starts a process on each host; ``ray`` joins hosts, then starts once.
        network: how they reach each other; without it the commands say ``HEAD_ADDRESS``.

    Source: vllm.engine.arg_utils.EngineArgs.create_engine_config,
    vllm.entrypoints.cli.serve.run_headless (0.33.0); docs/serving/parallelism_scaling.
    """
    common = {flag: value for flag, value in options.items() if flag not in _OF_ONE_HOST}
    serve = ["vllm", "serve", model, *write_options(common)]
    if nodes == 1:
        return (HostCommand(node=0, role="all", argv=tuple(serve), environment=environment),)
    network = network or Network()
    head = str(options.get("--master-addr") or network.head or HEAD)
    if executor == "ray" or options.get(_BACKEND) == "ray":
        serve = ["vllm", "serve", model, *write_options(common | {_BACKEND: "ray"})]
        replicas = int(options.get("--data-parallel-size") or 1)
        return _ray(serve, environment, network, nodes=nodes, head=head, replicas=replicas)
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
            environment={**network.variables(node), **environment},
        )
        for node in range(nodes)
    )


def _ray(
    serve: list[str],
    environment: Mapping[str, str],
    network: Network,
    *,
    nodes: int,
    head: str,
    replicas: int,
) -> tuple[HostCommand, ...]:
    """Join the hosts, then start once.

    Source: vllm.v1.engine.utils.CoreEngineActorManager.create_dp_placement_groups (0.33.0)
    """
    if replicas > 1:
        serve += [] if "--data-parallel-backend" in serve else ["--data-parallel-backend", "ray"]
        if replicas >= nodes:
            serve += ["--data-parallel-size-local", str(replicas // nodes)]
        else:
            environment = {**environment, "VLLM_RAY_DP_PACK_STRATEGY": "span"}

    def command(node: int, *argv: str) -> HostCommand:
        # workers inherit the variables of the Ray process that starts them
        variables = {**network.variables(node), **environment}
        role: Literal["head", "worker"] = "worker" if node else "head"
        return HostCommand(node=node, role=role, argv=argv, environment=variables)

    def start(node: int) -> HostCommand:
        where = ("--address", f"{head}:{RAY_PORT}") if node else ("--head", "--port", str(RAY_PORT))
        own = ("--node-ip-address", network.addresses[node]) if network.addresses else ()
        return command(node, "ray", "start", *where, *own)

    return (*map(start, range(nodes)), command(0, *serve))
