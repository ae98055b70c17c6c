"""Docker compose files: each service that serves with vLLM is a deployment."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.targets.config_file import host_path, with_config, words_beside
from planner.targets.container import Container, Variable, docker_bytes, served_words, split
from planner.targets.docker_run import mount
from planner.targets.document import Word
from planner.targets.target import Target, option_places, read_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.targets.document import Document

KIND = "docker compose files"
_FILLED_IN = re.compile(r"\$\$|\$\{[A-Za-z_][A-Za-z0-9_]*:?-([^{}]*)\}")


def reads(document: Document) -> bool:
    """It has services with an image or a build."""
    services = document.at("services")
    parts = services.values() if isinstance(services, dict) else ()
    return any(isinstance(part, dict) and {"image", "build"} & part.keys() for part in parts)


def targets(document: Document, version: str | None) -> Iterator[Target]:
    """The services that serve with vLLM.

    Source: compose-spec, services; vllm.entrypoints.cli.serve (0.33.0)
    """
    for name in document.at("services"):
        service = ("services", name)
        words = served_words(
            _plain(str(document.at(*service, "image") or "")),
            _words(document, *service, "entrypoint"),
            _words(document, *service, "command"),
        )
        if words is None:
            continue
        container = _container(document, *service)
        release = version or container.release
        mounts = _mounts(document, *service)
        words = with_config(words, partial(_config, document, mounts, release))
        command = read_words(document.name, words, release)
        yield Target(
            name=document.name,
            part=f"services.{name}",
            commands=(command,),
            vllm_version=container.release,
            container=container,
            places=option_places(document.name, command, words),
            words=(tuple(words),),
        )


def _config(
    document: Document, mounts: dict[str, str], version: str | None, typed: str
) -> list[Word] | None:
    """What ``--config`` names, where it lies beside the file and the service is given it."""
    return words_beside(document.name, host_path(mounts, typed), version)


def _mounts(document: Document, *service: str) -> dict[str, str]:
    """Files and folders of the host by their path in the container: volumes, and configs."""
    found: dict[str, str] = {}
    for item in document.at(*service, "volumes") or ():
        if isinstance(item, str):
            found |= [mount(_plain(item))]
        elif isinstance(item, dict) and {"source", "target"} <= item.keys():
            found[str(item["target"])] = _plain(str(item["source"]))
    for item in document.at(*service, "configs") or ():
        named = item if isinstance(item, dict) else {"source": item, "target": f"/{item}"}
        source = document.at("configs", named.get("source", ""), "file")
        if isinstance(source, str) and "target" in named:
            found[str(named["target"])] = source
    return found


def _words(document: Document, *path: str) -> list[Word]:
    """A command as a list, or as one text that compose splits as a shell does."""
    typed = document.at(*path)
    if isinstance(typed, str):
        mark = document.mark(*path)
        return split(_plain(typed), Word(text="", line=mark.value_line if mark else None))
    return [replace(word, text=_plain(word.text)) for word in document.words(*path)]


def _plain(text: str) -> str:
    """A text as the container gets it: two dollar signs mean one, ``${NAME:-text}`` its text.

    What else is filled in is not known, and stays.

    Source: compose-spec, interpolation
    """
    return _FILLED_IN.sub(lambda found: "$" if found[0] == "$$" else found[1], text)


def _container(document: Document, *service: str) -> Container:
    part: dict[str, Any] = document.at(*service)
    named = ("image", "shm_size", "ipc", "environment", "deploy", "gpus")
    return Container(
        image=_plain(image) if isinstance(image := part.get("image"), str) else None,
        gpus=_gpus(document, *service),
        shm_bytes=_size(document, part.get("shm_size")),
        host_ipc=part.get("ipc") == "host" if "ipc" in part else None,
        variables=_variables(document, *service, "environment"),
        places={"": document.place(*service)}
        | {key: document.place(*service, key) for key in named if key in part},
    )


def _gpus(document: Document, *service: str) -> int | None:
    """GPUs that are reserved; None for all that there are, and where nothing is said."""
    devices = document.at(*service, "deploy", "resources", "reservations", "devices")
    short = document.at(*service, "gpus")
    for device in [*(devices or ()), *(short if isinstance(short, list) else ())]:
        if "gpu" in (device.get("capabilities") or ["gpu"]):
            listed = device.get("device_ids")
            count = len(listed) if listed else device.get("count")
            return count if isinstance(count, int) else None
    return None


def _size(document: Document, typed: Any) -> int | None:  # noqa: ANN401 - a scalar of a file
    if typed is None:
        return None
    try:
        return docker_bytes(str(typed))
    except ValueError:
        raise InvalidInputError(f"{document.name}: shm_size {typed} is no size") from None


def _variables(document: Document, *path: str) -> dict[str, Variable]:
    """A mapping, or a list of NAME=VALUE; a name alone is taken over from the host."""
    typed = document.at(*path)
    if isinstance(typed, list):
        pairs = [(str(item).partition("="), index) for index, item in enumerate(typed)]
        return {
            name: Variable(
                value=_plain(value) if equals else None, place=document.place(*path, index)
            )
            for (name, equals, value), index in pairs
        }
    return {
        str(name): Variable(
            value=None if value is None else _plain(str(value)),
            place=document.place(*path, str(name)),
        )
        for name, value in (typed or {}).items()
    }
