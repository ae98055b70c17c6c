"""Values of llm-d's ModelService chart: its decode and prefill servers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.targets.container import served_words
from planner.targets.node_labels import cluster_of
from planner.targets.option_words import option_words
from planner.targets.pod import container_of, expanded
from planner.targets.stored_model import stored_model
from planner.targets.target import Target, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.targets.container import Container
    from planner.targets.document import Document, Path

KIND = "llm-d values"
_ROLES = ("decode", "prefill")
#: what the chart writes of its parallelism
_SIZES = {
    "tensor": "--tensor-parallel-size",
    "data": "--data-parallel-size",
    "dataLocal": "--data-parallel-size-local",
}


def reads(document: Document) -> bool:
    """It has the artifacts of a model and a role that serves it."""
    data = document.data
    return isinstance(data, dict) and "modelArtifacts" in data and bool(data.keys() & set(_ROLES))


def targets(document: Document, version: str | None) -> Iterator[Target]:
    """The servers of each role that is created.

    Source: chart llm-d-modelservice 0.4, templates/_helpers.tpl
    """
    for role in _ROLES:
        part = document.at(role)
        if not isinstance(part, dict) or part.get("create") is False:
            continue
        path = _server(document, role)
        if path is not None and (target := _target(document, role, path, version)):
            yield target


def _server(document: Document, role: str) -> Path | None:
    containers = document.at(role, "containers")
    if not isinstance(containers, list) or not containers:
        return None
    names = [each.get("name") if isinstance(each, dict) else None for each in containers]
    return (role, "containers", names.index("vllm") if "vllm" in names else 0)


def _target(document: Document, role: str, path: Path, version: str | None) -> Target | None:
    container = _given(document, role, container_of(document, path, (role,)))
    args = [expanded(word, container) for word in document.words(*path, "args")]
    if document.at(*path, "modelCommand") in {"custom", "imageDefault"}:
        command = document.words(*path, "command")
        served = served_words(container.image, command, args)
        if served is None:
            return None
        words, program = served, ()
    else:
        named = document.at("modelArtifacts", "name")
        model = stored_model(document, "modelArtifacts", "uri", otherwise=named)
        sizes = [
            word
            for key, flag in _SIZES.items()
            for word in option_words(document, role, "parallelism", key, flag=flag, version=version)
        ]
        words, program = [*([model] if model else []), *sizes, *args], None
    return target_of(
        document,
        words,
        container,
        version,
        part=role,
        gpus=cluster_of(_labels(document, role), container.gpus, _hosts(document, role)),
        program=program,
    )


def _given(document: Document, role: str, container: Container) -> Container:
    """The container with the GPUs that the chart asks for where the values do not."""
    if container.gpus:
        return container
    sizes = document.at(role, "parallelism")
    sizes = sizes if isinstance(sizes, dict) else {}
    counts = [n for key in ("tensor", "dataLocal") if isinstance(n := sizes.get(key), int)]
    total = 1
    for count in counts:
        total *= count
    return replace(container, gpus=total)


def _hosts(document: Document, role: str) -> int:
    total, local = (document.at(role, "parallelism", key) for key in ("data", "dataLocal"))
    if isinstance(total, int) and isinstance(local, int) and local:
        return max(total // local, 1)
    return 1


def _labels(document: Document, role: str) -> dict[str, str]:
    asked = document.at(role, "acceleratorTypes")
    if not isinstance(asked, dict):
        return {}
    values = asked.get("labelValues") or [asked.get("labelValue")]
    first = values[0] if isinstance(values, list) else values
    return {str(asked.get("labelKey")): str(first)} if first else {}
