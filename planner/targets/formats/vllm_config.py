"""The YAML that ``vllm serve --config`` takes: options by name, without their dashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.targets.config_file import config_words
from planner.targets.document import Word
from planner.targets.option_words import flag_of
from planner.targets.target import Target, option_places, read_words
from planner.vllm.flags import ever_known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.targets.document import Document

KIND = "vLLM configuration files"


def reads(document: Document) -> bool:
    """All its keys could be options, and at least one is."""
    data = document.data
    if not isinstance(data, dict) or not data:
        return False
    flags = ever_known()
    return any(flag_of(str(key)) in flags or key == "model" for key in data)


def certain(document: Document) -> bool:
    """It names a model, and nothing in it could be anything but an option."""
    flags = ever_known()
    return "model" in document.data and all(
        flag_of(str(key)) in flags or key == "model" for key in document.data
    )


def targets(document: Document, version: str | None) -> Iterator[Target]:
    """The command that reads the file amounts to."""
    words = [Word(text="vllm"), Word(text="serve"), *config_words(document, version)]
    command = read_words(document.name, words, version)
    yield Target(
        name=document.name,
        commands=(command,),
        places=option_places(document.name, command, words),
        words=(tuple(words),),
    )
