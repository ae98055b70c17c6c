"""One deployment over several hosts: a script for each, and the program that starts them all."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.launch.base import EXECUTABLE, LaunchFile, Setting
from planner.launch.parts import shell
from planner.launch.parts.ray_port import PORT, on_ray_port
from planner.launch.programs import source_of
from planner.plan import Command as PlanCommand
from planner.vllm.command import as_options, read_command
from planner.vllm.hosts import HEAD, Network, host_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.launch.base import Served
    from planner.plan import Command

SETTINGS = (
    Setting(
        name="hosts",
        help="Where to log in, as ssh takes it, node 0 first: gpu-a,gpu-b (the cluster file's).",
    ),
    Setting(name="path", help="Folder of vllm on the hosts, where a login does not find it."),
    PORT,
)
#: user, name or address, and nothing that ssh or a shell could take for more
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@%-]*")
#: options whose value is the address of node 0
_ADDRESSES = ("--master-addr", "--address")
_OF_OUR_OWN = ("--nnodes", "--node-rank", "--master-addr", "--master-port", "--headless")
_ADDRESS_OF_HOST = "VLLM_HOST_IP"
_HEAD_NEEDED = f': "${{{HEAD}:?is the address of node 0, as the other nodes reach it}}"'
_NETWORK_UNKNOWN = (
    "# between hosts with several networks: --env NCCL_SOCKET_IFNAME=… GLOO_SOCKET_IFNAME=…",
    "# NCCL_IB_HCA=…, and VLLM_HOST_IP of each; a cluster file names them once",
)
#: seconds that the hosts of a Ray cluster have to join
_JOIN_S = 300


def files(served: Served) -> tuple[LaunchFile, ...]:
    """A script for each host, the program that starts them over SSH, and its guard.

    Raises:
        UsageError: several servers are asked for, or the hosts do not suit the plan.
    """
    if served.replicas > 1:
        raise UsageError(
            f"--replicas {served.replicas} servers cannot share one script",
            cause="each needs GPUs and a port of its own, and something must spread the requests",
            fix="--to local, --to compose or --to kubernetes writes them with what spreads the "
            "requests, or plan with --data-parallel-size",
        )
    hosts_of(served)
    scripts = (
        LaunchFile(
            path=f"node-{node}.sh",
            text=shell.script(script(served, node)),
            mode=EXECUTABLE,
        )
        for node in range(served.nodes)
    )
    return (
        *scripts,
        LaunchFile(path="start.py", text=source_of("start_nodes"), mode=EXECUTABLE),
        LaunchFile(path="process_guard.py", text=source_of("process_guard")),
    )


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """The starter with the hosts, as far as they are known."""
    hosts = hosts_of(served) or tuple(f"HOST_{node}" for node in range(served.nodes))
    secrets = (word for name in served.secrets for word in ("--secret", name))
    path = ("--path", served.settings["path"]) if served.settings.get("path") else ()
    return (("./start.py", *secrets, *path, *hosts),)


def hosts_of(served: Served) -> tuple[str, ...]:
    """Where to log in: what was typed, else what the plan's cluster file says.

    Raises:
        UsageError: too few or too many, or a word that is no host.
    """
    typed = tuple(filter(None, served.settings.get("hosts", "").split(",")))
    for host in typed:
        if not _HOST.fullmatch(host):
            raise UsageError(
                f"{host[:60]!r} is no host",
                cause="letters, digits and . : @ - _ only",
                fix="--set hosts=gpu-a,gpu-b",
            )
    if typed and len(typed) != served.nodes:
        raise UsageError(
            f"{len(typed)} hosts for a plan over {served.nodes}",
            cause="the plan says how many hosts share the layout",
            fix=f"--set hosts= with {served.nodes} of them, node 0 first",
        )
    return typed or served.group.hosts[: served.nodes]


def over_ray(served: Served) -> Served:
    """The same deployment with Ray as its executor."""
    if _uses_ray(served):
        return served
    server = served.server
    read = read_command(server.argv, served.vllm_version)
    options = {f: v for f, v in as_options(read.arguments).items() if f not in _OF_OUR_OWN}
    ip = [served.on_node(n)[-1].environment.get(_ADDRESS_OF_HOST) for n in range(served.nodes)]
    commands = host_commands(
        served.model,
        {**options, "--distributed-executor-backend": "ray"},
        {name: value for name, value in server.environment.items() if name != _ADDRESS_OF_HOST},
        nodes=served.nodes,
        executor="ray",
        network=Network(
            hosts=(read.arguments.master_addr or HEAD,),
            addresses=tuple(filter(None, ip)) if all(ip) else (),
        ),
    )
    return replace(
        served,
        commands=tuple(
            PlanCommand(
                node=each.node,
                role=each.role,
                environment=dict(each.environment),
                argv=each.argv,
                shell=each.shell,
            )
            for each in commands
        ),
    )


def checked(served: Served, wait_s: int = _JOIN_S) -> str:
    """The line that sees whether the Ray cluster has what the layout needs."""
    layout = served.layout
    numbers = (served.nodes, served.gpus_per_node, layout.tensor_parallel_size, wait_s)
    return shell.line("python3", "-c", source_of("ray_cluster"), *map(str, numbers))


def _uses_ray(served: Served) -> bool:
    pairs = set(pairwise(served.server.argv))
    return ("--distributed-executor-backend", "ray") in pairs


def script(served: Served, node: int) -> Iterator[str]:
    """The lines of one host; the shell becomes its last command, which stays until the end."""
    commands = on_ray_port(served).on_node(node)
    yield from needed(commands)
    yield from shell.needs(served.secrets)
    if served.nodes > 1 and "NCCL_SOCKET_IFNAME" not in commands[0].environment:
        yield from _NETWORK_UNKNOWN
    exported: set[str] = set()
    for command in commands[:-1]:
        yield from _new(shell.exports(command), exported)
        yield shell.line(*words(command))
    yield from _new(shell.exports(commands[-1]), exported)
    if len(commands) > 1:
        yield checked(served)
    # a host that only joins must stay, or the end of its script would be the end of all
    block = ("--block",) if commands[-1].argv[0] == "ray" else ()
    yield shell.line("exec", *words(commands[-1]), *block)


def _new(lines: Iterable[str], known: set[str]) -> Iterator[str]:
    for each in lines:
        if each not in known:
            yield each
        known.add(each)


def needed(commands: Iterable[Command]) -> Iterator[str]:
    """The line that ends a script where the head's address is not set, and nobody named it."""
    if any(HEAD in word for each in commands for word in words(each)):
        yield _HEAD_NEEDED


def words(command: Command) -> Iterator[str]:
    """The words of a command; an address that nobody named is left to the shell."""
    before = ""
    for word in command.argv:
        name, colon, port = word.partition(":")
        unnamed = before in _ADDRESSES and name == HEAD
        yield shell.Raw(f'"${HEAD}"{colon}{shlex.quote(port) if port else ""}') if unnamed else word
        before = word
