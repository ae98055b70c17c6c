"""What a file puts around a server: more shared memory, a probe that lets it start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml.nodes import MappingNode, SequenceNode

from planner.fixes.carriers.base import CannotEditError
from planner.fixes.command import docker_run
from planner.fixes.mappings import item_added, key_added, plain, scalar_put
from planner.fixes.nodes import entry, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ruamel.yaml.nodes import Node

    from planner.fixes.file import File
    from planner.fixes.nodes import Nodes
    from planner.fixes.text import Change
    from planner.targets.target import Target

_SHM = "/dev/shm"  # noqa: S108 - a mount that is written into a manifest
_PERIOD_S = 10
_HANDLERS = ("httpGet", "tcpSocket", "grpc", "exec")


def shared_memory(file: File, target: Target, size: str) -> Iterator[Change]:
    """Room at /dev/shm for each container that serves: ``size`` as docker writes it.

    Raises:
        CannotEditError: the file gives it in a way that is not known here.
    """
    if file.nodes is None:
        for words in target.words:
            carrier, run = docker_run(target.text, words)
            yield from carrier.with_option(run, "--shm-size", size)
    elif target.part.startswith("services."):
        yield _service(file.nodes, file.nodes.mapping(target.place), size)
    else:
        for container in _containers(file, target):
            yield from _mounted(file.nodes, container, f"{size.removesuffix('gb')}Gi")


def _service(nodes: Nodes, service: MappingNode | None, size: str) -> Change:
    if service is None:
        raise CannotEditError("the service stands elsewhere")
    if entry(service, "shm_size"):
        return scalar_put(nodes, value_of(service, "shm_size"), size)
    return key_added(nodes, service, "shm_size", size)


def _containers(file: File, target: Target) -> list[MappingNode]:
    """The containers of a pod that serve, each once."""
    nodes = file.nodes
    first = nodes.mapping(target.place) if nodes else None
    if nodes is None or first is None:
        raise CannotEditError("the container stands elsewhere")
    found = {id(first): first}
    for words in target.words:
        word = next((each for each in words if each.line is not None), None)
        node: Node | None = nodes.scalar(word.line, word.column) if word else None
        while node is not None and not value_of(node, "image"):
            node = nodes.holder(node)
        if isinstance(node, MappingNode):
            found[id(node)] = node
    return list(found.values())


def _mounted(nodes: Nodes, container: MappingNode, size: str) -> Iterator[Change]:
    containers = nodes.holder(container)
    spec = nodes.holder(containers) if containers is not None else None
    if not isinstance(spec, MappingNode) or value_of(spec, "containers") is not containers:
        # a chart makes the pod of its own values
        raise CannotEditError("the pod stands elsewhere")
    mounts, volumes = value_of(container, "volumeMounts"), value_of(spec, "volumes")
    name = next((_name(each) for each in _items(mounts) if _text(each, "mountPath") == _SHM), None)
    if name is not None:
        volume = next((each for each in _items(volumes) if _name(each) == name), None)
        limit = value_of(value_of(volume, "emptyDir"), "sizeLimit")
        yield scalar_put(nodes, limit, size)
        return
    taken = {_name(each) for each in _items(volumes)}
    free = next(each for each in ("shm", "dshm", "vllm-shm") if each not in taken)
    yield _appended(nodes, container, "volumeMounts", {"name": free, "mountPath": _SHM})
    room = {"name": free, "emptyDir": {"medium": "Memory", "sizeLimit": size}}
    yield _appended(nodes, spec, "volumes", room)


def _appended(nodes: Nodes, mapping: MappingNode, key: str, item: Mapping[str, Any]) -> Change:
    items = value_of(mapping, key)
    if isinstance(items, SequenceNode):
        return item_added(nodes, items, item)
    if items is not None:
        raise CannotEditError(f"{key} is no list")
    return key_added(nodes, mapping, key, [item])


def _items(node: Node | None) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else []


def _name(node: Node) -> str:
    return _text(node, "name")


def _text(node: Node, key: str) -> str:
    value = value_of(node, key)
    return str(value.value) if value is not None else ""


def startup_probe(file: File, target: Target, start_s: int) -> Iterator[Change]:
    """A startup probe that waits as long as that, like the liveness probe that is there.

    Raises:
        CannotEditError: there is neither.
    """
    nodes = file.nodes
    container = nodes.mapping(target.place) if nodes else None
    if nodes is None or container is None:
        raise CannotEditError("the container stands elsewhere")
    own, liveness = value_of(container, "startupProbe"), value_of(container, "livenessProbe")
    if isinstance(own, MappingNode):
        waits = start_s - int(_text(own, "initialDelaySeconds") or 0)
        times = waits // int(_text(own, "periodSeconds") or _PERIOD_S) + 1
        if entry(own, "failureThreshold"):
            yield scalar_put(nodes, value_of(own, "failureThreshold"), str(times))
        else:
            yield key_added(nodes, own, "failureThreshold", times)
    elif isinstance(liveness, MappingNode):
        handlers = {k.value: plain(v) for k, v in liveness.value if k.value in _HANDLERS}
        times = start_s // _PERIOD_S + 1
        probe = {**handlers, "periodSeconds": _PERIOD_S, "failureThreshold": times}
        yield key_added(nodes, container, "startupProbe", probe)
    else:
        raise CannotEditError("there is no probe")
