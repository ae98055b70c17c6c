"""Files nobody has to trust: bounded, never followed out of what was named, never run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from planner.errors import InvalidInputError
from planner.targets.document import Document, marks

#: far above any plan or manifest, far below what hurts
MAX_BYTES = 4 * 1024 * 1024
#: parts of a document with its aliases written out
_MAX_PARTS = 200_000
_YAML_SUFFIXES = (".yaml", ".yml")


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
    path = Path(name)
    typed = text_of(name)
    if path.suffix == ".json":
        try:
            return (Document(name=name, text=typed, data=json.loads(typed)),)
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(f"{name} is not JSON: {error}") from None
    if path.suffix not in _YAML_SUFFIXES and typed.startswith("#!"):
        return (Document(name=name, text=typed, is_text=True),)
    return _yaml(name, typed)


def text_of(name: str) -> str:
    """All of a file.

    Raises:
        InvalidInputError: missing, too large, or not text.
    """
    path = Path(name)
    try:
        if not path.is_file():
            what = "is a directory" if path.is_dir() else "does not exist"
            raise InvalidInputError(
                f"{path} {what}",
                cause="a target is a plan or a manifest; a command follows --",
                fix="planner validate plan.yaml, or planner validate --gpus GPUS -- vllm serve …",
            )
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


def _yaml(name: str, typed: str) -> tuple[Document, ...]:
    # 30 ms, and no other path reads YAML
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        loaded = list(YAML(typ="rt").load_all(typed))
    except RecursionError:
        raise InvalidInputError(f"{name} is nested too deeply") from None
    except (YAMLError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        place = f", line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InvalidInputError(f"{name}{place} is not YAML: {reason}") from None
    for data in loaded:
        _bounded(name, data)
    return tuple(
        Document(
            name=name,
            text=typed,
            data=data,
            marks=dict(marks(data)) if isinstance(data, dict | list) else {},
        )
        for data in loaded or [None]
    )


def _bounded(name: str, data: Any) -> None:  # noqa: ANN401 - whatever a file holds
    """See that aliases do not make a small file endless: what they stand for is counted once each.

    Raises:
        InvalidInputError: they do.
    """
    sizes: dict[int, int] = {}
    above: set[int] = set()

    def size(node: Any) -> int:  # noqa: ANN401 - as above
        if not isinstance(node, dict | list):
            return 1
        if id(node) in above:
            raise InvalidInputError(f"{name}: an alias holds itself")
        if id(node) not in sizes:
            above.add(id(node))
            parts = node.values() if isinstance(node, dict) else node
            sizes[id(node)] = 1 + sum(map(size, parts))
            above.discard(id(node))
        return sizes[id(node)]

    try:
        if size(data) <= _MAX_PARTS:
            return
    except RecursionError:
        raise InvalidInputError(f"{name} is nested too deeply") from None
    raise InvalidInputError(
        f"{name} is too large once its aliases are written out",
        cause=f"more than {_MAX_PARTS:,} parts",
    )
