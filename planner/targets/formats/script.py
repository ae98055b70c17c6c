"""Shell scripts and Slurm jobs: each ``vllm serve`` and ``docker run`` in them is a deployment."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.finding import Location
from planner.targets.config_file import host_path, with_config, words_beside
from planner.targets.container import Container, Variable, served_words
from planner.targets.docker_run import DockerRun, read_docker_run
from planner.targets.shell_words import read_script
from planner.targets.target import Target, option_places, read_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.targets.document import Document, Word

KIND = "shell scripts and Slurm jobs"
_DIRECTIVE = re.compile(r"^#SBATCH\s+--?([A-Za-z-]+)[=\s]+(\S+)", re.MULTILINE)
_GRES = re.compile(r"gpu(?::([A-Za-z][\w.-]*))?(?::(\d+))?$")


def reads(document: Document) -> bool:
    """It is a script."""
    return document.is_text


def targets(document: Document, version: str | None) -> Iterator[Target]:
    """The servers that the script starts, one for each model.

    Commands that serve one model are hosts of one deployment. Nothing of the script runs.
    """
    script = read_script(document.text)
    exported = {name: Variable(value=value) for name, value in script.variables.items()}
    found: dict[str | None, Target] = {}
    for words in script.commands:
        target = _target(document, list(words), exported, version)
        if target is None:
            continue
        earlier = found.get(target.model)
        found[target.model] = target if earlier is None else _joined(earlier, target)
    gpus = _slurm_gpus(document.text)
    for target in found.values():
        yield replace(target, gpus=gpus)


def _joined(earlier: Target, later: Target) -> Target:
    """Two hosts of one deployment."""
    return replace(
        earlier,
        commands=(*earlier.commands, *later.commands),
        words=(*earlier.words, *later.words),
    )


def _target(
    document: Document,
    words: list[Word],
    exported: Mapping[str, Variable],
    version: str | None,
) -> Target | None:
    place = Location(file=document.name, line=words[0].line)
    docker = read_docker_run(words, place)
    container = docker.container if docker else Container(variables=exported, places={"": place})
    inside = (docker.entrypoint, docker.command) if docker else ((), words)
    served = served_words(container.image, *inside)
    if served is None:
        return None
    release = version or container.release
    served = with_config(served, lambda typed: _config(document, docker, typed, release))
    command = read_words(document.name, served, release)
    return Target(
        name=document.name,
        commands=(command,),
        vllm_version=container.release,
        container=container,
        places=option_places(document.name, command, served),
        words=(tuple(served),),
    )


def _config(
    document: Document, docker: DockerRun | None, typed: str, version: str | None
) -> list[Word] | None:
    """What ``--config`` names, where it lies beside the script and the container is given it."""
    path = typed if docker is None else host_path(docker.mounts, typed)
    return words_beside(document.name, path, version)


def _slurm_gpus(text: str) -> tuple[str, ...]:
    """The cluster of a job whose directives name a board: ``--gres=gpu:a100:8``, ``--nodes=2``."""
    asked = dict(_DIRECTIVE.findall(text))
    nodes = asked.get("nodes") or asked.get("N") or "1"
    for name in ("gres", "gpus-per-node", "gpus"):
        typed = asked.get(name, "")
        found = _GRES.match(typed if typed.startswith("gpu") else f"gpu:{typed}")
        if typed and found and found[1]:
            return (f"{nodes}x{found[2] or 1}x{found[1]}",)
    return ()
