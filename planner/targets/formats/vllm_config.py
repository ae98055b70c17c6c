"""The YAML that ``vllm serve --config`` takes: options by name, without their dashes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from planner.targets.document import Word
from planner.targets.target import Target, option_places
from planner.vllm.command import read_command
from planner.vllm.flags import known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.targets.document import Document

KIND = "vLLM configuration files"


def reads(document: Document) -> bool:
    """All its keys could be options, and at least one is."""
    data = document.data
    if not isinstance(data, dict) or not data:
        return False
    flags = known(None)
    return any(_flag(str(key)) in flags or key == "model" for key in data)


def certain(document: Document) -> bool:
    """It names a model, and nothing in it could be anything but an option."""
    flags = known(None)
    return "model" in document.data and all(
        _flag(str(key)) in flags or key == "model" for key in document.data
    )


def targets(document: Document, version: str | None) -> Iterator[Target]:
    """The command that reads the file amounts to.

    Source: vllm.utils.argparse_utils.FlexibleArgumentParser.load_config_file (0.33.0)
    """
    words = [Word(text="vllm"), Word(text="serve")]
    for key, value in document.data.items():
        words += _option(document, str(key), value, version)
    command = read_command([word.text for word in words], version)
    yield Target(
        name=document.name,
        commands=(command,),
        places=option_places(document.name, command, words),
        words=(tuple(words),),
    )


def _option(
    document: Document,
    key: str,
    value: Any,  # noqa: ANN401 - a part of a file
    version: str | None,
) -> list[Word]:
    mark = document.mark(key)
    line, column = (mark.line, mark.column) if mark else (None, None)

    def word(text: str) -> Word:
        return Word(text=text, line=line, column=column)

    if isinstance(value, bool):
        flag = _flag(key) if value else f"--no-{_flag(key)[2:]}"
        return [word(flag)] if value or flag in known(version) else []
    if isinstance(value, dict):
        return [word(_flag(key)), word(json.dumps(value))]
    values = value if isinstance(value, list) else [value]
    return [word(each) for each in (_flag(key), *map(str, values))] if values else []


def _flag(key: str) -> str:
    return f"--{key.replace('_', '-')}"
