"""A container that serves with vLLM, whatever describes it: its words, its room, its variables."""

from __future__ import annotations

import itertools
import re
from dataclasses import field
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.targets.document import Word
from planner.units import parse_bytes
from planner.vllm.command import shlex_split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.finding import Location

#: images whose entrypoint is the server, so that a command begins with its options
_IMAGE = re.compile(r"(^|/)vllm[^/:@]*(/[^/:@]*)?([:@]|$)")
_TAG = re.compile(r":v?(\d+\.\d+)(\.\d+)?[^/]*$")
#: images with vLLM in them whose tags are another program's releases
_OTHERS_TAGS = re.compile(r"(^|/)lmcache/")
_SERVER = ("vllm", "serve")


@frozen
class Variable:
    """An environment variable of a container."""

    value: str | None = None
    """None where it comes from elsewhere: a secret, the host."""
    place: Location | None = None


@frozen
class Probe:
    """A check of a container's health: ``startup``, ``readiness`` or ``liveness``."""

    kind: str
    patience_s: int
    """Seconds from the container's start, or from the last success, until it counts as failed."""
    place: Location | None = None


@frozen
class Container:
    """What surrounds a server, as far as a file says it; None where the file is silent.

    Attributes:
        image: with its tag.
        gpus: how many it is given; 0 where the file gives none.
        sees_gpus: it is given any, however many.
        shm_bytes: shared memory of its own; host_ipc: it shares the host's.
        variables: its environment; probes: checks of its health.
        places: where each of these stands, by its name; the container itself under ``""``.
    """

    image: str | None = None
    gpus: int | None = None
    sees_gpus: bool | None = None
    shm_bytes: int | None = None
    host_ipc: bool | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    probes: tuple[Probe, ...] = ()
    places: Mapping[str, Location] = field(default_factory=dict)

    @property
    def release(self) -> str | None:
        """The vLLM release of an image of vLLM's, where its tag says it: ``0.33``."""
        image = self.image or ""
        own = is_vllm_image(image) and not _OTHERS_TAGS.search(image)
        found = _TAG.search(image) if own else None
        return found[1] if found else None


def is_vllm_image(image: str | None) -> bool:
    """Whether an image is one of vLLM's own or named after it.

    >>> is_vllm_image("vllm/vllm-openai:v0.33.0"), is_vllm_image("nginx:1.29")
    (True, False)
    """
    return bool(image and _IMAGE.search(image))


def served_words(
    image: str | None, entrypoint: Sequence[Word], command: Sequence[Word]
) -> list[Word] | None:
    """The words of the server that a container runs, or None where it runs none.

    An entrypoint of the file replaces the image's, which for vLLM's own images is ``vllm serve``.
    A shell's ``-c`` is looked into.
    """
    words = [*entrypoint, *command]
    if not entrypoint and is_vllm_image(image) and not _starts_a_server(words):
        words = [*(Word(text=word) for word in _SERVER), *words]
    words = _inside_a_shell(words)
    return words if _starts_a_server(words) else None


def docker_bytes(text: str) -> int:
    """A size as docker writes it: ``16gb`` and ``16g`` are both 16 GiB.

    Raises:
        ValueError: no size.

    >>> docker_bytes("64m"), docker_bytes("1073741824")
    (67108864, 1073741824)
    """
    number = text.lower().removesuffix("b")
    unit = number[-1:] if number[-1:] in "kmgt" else ""
    return parse_bytes(f"{number.removesuffix(unit)}{unit.upper()}iB") if unit else int(number)


def split(text: str, at: Word) -> list[Word]:
    """A command written as one text, word by word, all at its place."""
    return [Word(text=word, line=at.line, column=at.column) for word in shlex_split(text)]


def _starts_a_server(words: Sequence[Word]) -> bool:
    texts = [word.text.rpartition("/")[2] for word in words]
    serves = any(pair == _SERVER for pair in itertools.pairwise(texts))
    return serves or any(text.startswith("vllm.entrypoints") for text in texts)


def _inside_a_shell(words: list[Word]) -> list[Word]:
    for index, word in enumerate(words[:-1]):
        if word.text in {"-c", "-lc", "-ec", "-euc"}:
            script = words[index + 1]
            return split(script.text, script)
    return words
