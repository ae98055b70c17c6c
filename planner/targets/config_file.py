"""The file that ``vllm serve --config FILE`` names: its options stand before the command's own."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError, UsageError
from planner.targets.files import documents_of, text_of
from planner.targets.option_words import flag_of, option_words
from planner.vllm.command import program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.targets.document import Document, Word

    #: the words of the file of a name, None where it is not read
    Find = Callable[[str], Sequence[Word] | None]

_FLAG = "--config"
_SUFFIXES = (".yaml", ".yml")


def with_config(words: Sequence[Word], find: Find) -> list[Word]:
    """A command with the options of its file, so that of an option given twice its own counts.

    A file that is not found leaves the command as it is, and so does ``--config=FILE``: vLLM
    itself heeds the two words only.

    Source: vllm.utils.argparse_utils.FlexibleArgumentParser._pull_args_from_config (0.33.0; 0.10.2)
    """
    texts = [word.text for word in words]
    try:
        start, positional = program(texts)
        index = texts.index(_FLAG, start)
    except (UsageError, ValueError):
        return list(words)
    found = find(texts[index + 1]) if index + 1 < len(texts) else None
    if found is None or _FLAG in texts[index + 1 :]:
        return list(words)
    begin = start + (positional and not texts[start].startswith("-"))
    return [*words[:begin], *found, *words[begin:]]


def config_words(document: Document, version: str | None) -> list[Word]:
    """The options of such a file, by name and without their dashes, as words.

    Source: vllm.utils.argparse_utils.FlexibleArgumentParser.load_config_file (0.33.0)

    Raises:
        InvalidInputError: it is no mapping.
    """
    if not isinstance(document.data, dict):
        raise InvalidInputError(
            f"{document.name} holds no options",
            cause="vLLM reads a mapping there: an option and its value on each line",
        )
    return [
        word
        for key in document.data
        for word in option_words(document, key, flag=flag_of(str(key)), version=version)
    ]


def words_beside(
    named_by: str, typed: str | None, version: str | None, *, anywhere: bool = False
) -> list[Word] | None:
    """The options of a file in the folder of the one that names it, or below.

    None where it lies elsewhere or is not there: a file that is judged may name any file of this
    machine. ``anywhere`` is for a name that somebody typed.

    Raises:
        InvalidInputError: it is there, and cannot be read.
    """
    if typed is None or not typed.endswith(_SUFFIXES):
        return None
    folder = Path(named_by).parent
    name = os.path.normpath(folder / typed)
    if not os.path.exists(name):  # noqa: PTH110 - Path's own raises for a name that is too long
        return None
    if not anywhere and not Path(name).resolve().is_relative_to(folder.resolve()):
        return None
    document = documents_of(name, text_of(name))[0]
    return [replace(word, file=name) for word in config_words(document, version)]


def host_path(mounts: Mapping[str, str], typed: str) -> str | None:
    """The path on the host of a file in a container; ``mounts`` are folders and files by target."""
    for target, source in mounts.items():
        inside = typed.removeprefix(target.rstrip("/"))
        if inside != typed and (not inside or inside.startswith("/")):
            return source.rstrip("/") + inside
    return None
