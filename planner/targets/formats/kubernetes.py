"""Kubernetes manifests: whatever holds pods, a Deployment as well as a LeaderWorkerSet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.targets.config_file import with_config
from planner.targets.config_map import mounted_config
from planner.targets.container import served_words
from planner.targets.pod import container_of, expanded, gpus_of, pods
from planner.targets.target import Target, option_places, read_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.targets.container import Container
    from planner.targets.document import Document, Path, Word
    from planner.targets.pod import Pod
    from planner.vllm.command import ServeCommand

KIND = "Kubernetes manifests"


def reads(document: Document) -> bool:
    """It has a kind and a version of its API."""
    data = document.data
    return isinstance(data, dict) and {"apiVersion", "kind"} <= data.keys()


def targets(document: Document, version: str | None) -> Iterator[Target]:
    """The servers of a manifest; leader and workers that serve one model are one deployment.

    Source: Kubernetes core/v1 PodSpec and Container; leaderworkerset.x-k8s.io/v1, ray.io/v1,
    serving.kserve.io/v1beta1
    """
    found = [
        (pod, served)
        for pod in pods(document)
        for path in pod.containers
        for index in pod.indexes
        if (served := _served(document, path, index, version)) is not None
    ]
    models = dict.fromkeys(served.command.model for _, served in found)
    for model in models:
        mine = [(pod, served) for pod, served in found if served.command.model == model]
        yield _target(document, mine)


@frozen
class _Served:
    """A container that serves, the words of its server, and what they amount to."""

    container: Container
    words: list[Word]
    command: ServeCommand


def _served(document: Document, path: Path, index: int, version: str | None) -> _Served | None:
    part = document.at(*path)
    if not isinstance(part, dict):
        return None
    container = container_of(document, path)
    # Ray starts its own program in the pods of its groups, not the image's
    own = None if {"headGroupSpec", "workerGroupSpecs"} & set(path) else container.image
    words = served_words(own, document.words(*path, "command"), document.words(*path, "args"))
    if words is None:
        return None
    release = version or container.release
    words = [expanded(word, container, index) for word in words]
    words = with_config(words, lambda typed: mounted_config(document, path, typed, release))
    command = read_words(document.name, words, release)
    return _Served(container=container, words=words, command=command)


def _group(pod: Pod, command: ServeCommand) -> Pod:
    """The pod with as many like it as its command counts on, where no group of pods says it."""
    arguments = command.arguments
    local = arguments.data_parallel_size_local
    replicas = (arguments.data_parallel_size or 1) // local if local else 1
    return pod if pod.pods > 1 else replace(pod, pods=max(arguments.nnodes or 1, replicas))


def _target(document: Document, found: list[tuple[Pod, _Served]]) -> Target:
    pod, first = found[0]
    return Target(
        name=document.name,
        part=f"{document.at('kind')}/{document.at('metadata', 'name') or '?'}",
        commands=tuple(served.command for _, served in found),
        gpus=gpus_of(document, _group(pod, first.command), first.container),
        vllm_version=first.container.release,
        container=first.container,
        places=option_places(document.name, first.command, first.words),
        words=tuple(tuple(served.words) for _, served in found),
    )
