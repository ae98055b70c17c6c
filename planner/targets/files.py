"""Files nobody has to trust: bounded, never followed out of what was named, never run."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from planner.errors import InvalidInputError
from planner.targets.document import Document

#: far above any plan or manifest, far below what hurts
MAX_BYTES = 4 * 1024 * 1024
#: a script is taken apart letter by letter
_MAX_SCRIPT = 64 * 1024
_YAML_SUFFIXES = (".yaml", ".yml")
_SPECIAL = {stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket"}


def read_document(name: str) -> tuple[Any, dict[str, int]]:
    """The one document in a file, and the line of each key by its path with dots.

    Raises:
        InvalidInputError: missing, too large, not text, or neither YAML nor JSON.
    """
    document = read_documents(name)[0]
    return document.data, document.lines


def read_documents(name: str) -> tuple[Document, ...]:
    """All documents of a file; a script is one document without data.

    Raises:
        InvalidInputError: missing, too large, not text, or not what its suffix says.
    """
    return documents_of(name, text_of(name))


def documents_of(name: str, typed: str) -> tuple[Document, ...]:
    """All documents of a file with this text, whatever it holds now.

    Raises:
        InvalidInputError: not what its suffix says.
    """
    path = Path(name)
    if path.suffix == ".json":
        try:
            return (Document(name=name, text=typed, data=json.loads(typed)),)
        except RecursionError:
            raise InvalidInputError(f"{name} is nested too deeply") from None
        except ValueError as error:
            raise InvalidInputError(
                f"{name} is not JSON",
                cause=f"{error}",
                fix="mend it there, or have it written anew: planner recommend … -o plan.json",
            ) from None
    if path.suffix not in _YAML_SUFFIXES and typed.startswith("#!"):
        if len(typed) > _MAX_SCRIPT:
            raise InvalidInputError(
                f"{name} is a script of {len(typed):,} characters",
                cause=f"{_MAX_SCRIPT:,} are read",
                fix="put the lines that start vLLM into a script of their own",
            )
        return (Document(name=name, text=typed, is_text=True),)
    return _yaml(name, typed)


def text_of(name: str) -> str:
    """All of a file.

    Raises:
        InvalidInputError: missing, too large, or not text.
    """
    path = Path(name)
    try:
        _regular(path)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise InvalidInputError(
            f"{path} is larger than {MAX_BYTES // 1024**2} MiB", cause="no manifest is that long"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not text: {error}") from None


def _regular(path: Path) -> None:
    """See that a file can be read to its end, and is the one that was named.

    Raises:
        InvalidInputError: a folder, a device, a pipe, or a link that leads elsewhere.
    """
    if not path.exists():
        raise _no_target(path, "does not exist")
    if path.is_dir():
        raise _no_target(path, "is a directory")
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        kind = next((what for test, what in _SPECIAL.items() if test(mode)), "a device")
        raise InvalidInputError(f"{path} is {kind}, not a file", cause="it may never end")
    leads_to = path.resolve()
    inside = (path.parent.resolve(), Path.cwd())
    if path.is_symlink() and not any(map(leads_to.is_relative_to, inside)):
        raise InvalidInputError(
            f"{path} is a link out of its folder and out of the working directory",
            cause="a repository that is checked could show any file of this machine by it",
            fix=f"planner validate {leads_to}",
        )


def _no_target(path: Path, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path} {what}",
        cause="a plan or a manifest is a file",
        fix="planner recommend --model MODEL --gpus GPUS -o plan.yaml writes a plan; "
        "a command is judged by planner validate --gpus GPUS -- vllm serve …",
    )


def _yaml(name: str, typed: str) -> tuple[Document, ...]:
    # 15 ms, and no other path reads YAML
    from planner.targets.bounded_yaml import load

    found = tuple(load(name, typed)) or (None,)
    return tuple(Document(name=name, text=typed, data=data, beside=found) for data in found)
