"""``docker run``: what it gives a container, and what the container runs."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.targets.container import Container, Variable, docker_bytes
from planner.targets.document import Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.finding import Location

_PROGRAMS = ("docker", "podman", "nerdctl")
#: options of ``run`` that take no value: docker's own reference of the command
_SWITCHES = frozenset(
    {
        "-d", "--detach", "-i", "--interactive", "-t", "--tty", "-it", "-ti", "-dit", "-itd",
        "--rm", "--init", "--privileged", "--read-only", "--no-healthcheck", "-P", "--publish-all",
        "--oom-kill-disable", "--sig-proxy", "--disable-content-trust", "-q", "--quiet",
    }
)  # fmt: skip

_WORKING_DIRECTORY = re.compile(r"^(\$PWD|\$\{PWD\}|\$\(pwd\)|`pwd`)(?=/|:)")


@frozen
class DockerRun:
    """One command, taken apart."""

    container: Container
    entrypoint: tuple[Word, ...]
    command: tuple[Word, ...]
    mounts: Mapping[str, str] = field(default_factory=dict)
    """Files and folders of the host by their path in the container."""


def read_docker_run(words: Sequence[Word], place: Location) -> DockerRun | None:
    """``docker run OPTIONS IMAGE COMMAND``; None where the words are something else.

    Source: docker's reference, docker container run
    """
    start = _start(words)
    if start is None:
        return None
    given: dict[str, list[str]] = {}
    index = start
    while index < len(words) and words[index].text.startswith("-"):
        flag, equals, value = words[index].text.partition("=")
        if not equals and flag not in _SWITCHES:
            index += 1
            value = words[index].text if index < len(words) else ""
        given.setdefault(flag, []).append(value)
        index += 1
    if index >= len(words):
        return None
    return DockerRun(
        container=_container(words[index].text, given, place),
        entrypoint=tuple(
            Word(text=text, line=place.line) for text in given.get("--entrypoint", ())
        ),
        command=tuple(words[index + 1 :]),
        mounts=dict(map(mount, [*given.get("-v", ()), *given.get("--volume", ())])),
    )


def mount(typed: str) -> tuple[str, str]:
    """A volume by its path in the container; the working directory is a dot.

    >>> mount("$PWD/conf:/etc/vllm:ro")
    ('/etc/vllm', './conf')
    """
    source, _, target = _WORKING_DIRECTORY.sub(".", typed).partition(":")
    return target.partition(":")[0], source


def _start(words: Sequence[Word]) -> int | None:
    texts = [word.text.rpartition("/")[2] for word in words]
    for index, text in enumerate(texts):
        if text in _PROGRAMS:
            for form in (["run"], ["container", "run"]):
                if texts[index + 1 : index + 1 + len(form)] == form:
                    return index + 1 + len(form)
    return None


def _container(image: str, given: dict[str, list[str]], place: Location) -> Container:
    last = {flag: values[-1] for flag, values in given.items() if values}
    pairs = [text.partition("=") for flag in ("-e", "--env") for text in given.get(flag, ())]
    size = last.get("--shm-size")
    ipc = last.get("--ipc")
    return Container(
        image=image,
        gpus=_gpus(last.get("--gpus")),
        sees_gpus=bool({"--gpus", "--device", "--runtime", "--privileged"} & given.keys()),
        shm_bytes=_size(size),
        host_ipc=None if ipc is None else ipc == "host",
        variables={
            name: Variable(value=value if equals else None, place=place)
            for name, equals, value in pairs
        },
        places=dict.fromkeys(("", "image", "env", "resources", "args"), place)
        | ({"shm": place} if size and _size(size) is None else {}),
    )


def _gpus(typed: str | None) -> int | None:
    """How many of ``--gpus``: a number, or devices by name; None for all, or a variable."""
    if typed is None:
        return None
    text = typed.strip("'\"")
    if text.startswith("device="):
        return len(text.removeprefix("device=").split(","))
    return int(text) if text.isdecimal() else None


def _size(typed: str | None) -> int | None:
    try:
        return None if typed is None else docker_bytes(typed)
    except ValueError:
        return None
