"""YAML and JSON from a file nobody has to trust: bounded, without aliases, with line numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: far above any plan or manifest, far below what hurts
MAX_BYTES = 4 * 1024 * 1024


def read_document(name: str) -> tuple[Any, dict[str, int]]:
    """The document in a file, and the line of each key by its path with dots.

    Raises:
        InvalidInputError: missing, too large, not text, or neither YAML nor JSON.
    """
    path = Path(name)
    typed = _text(path)
    if path.suffix == ".json":
        try:
            return json.loads(typed), {}
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(f"{name} is not JSON: {error}") from None
    return _yaml(name, typed)


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            what = "is a directory" if path.is_dir() else "does not exist"
            raise InvalidInputError(
                f"{path} {what}",
                cause="a target is a plan file; a command follows --",
                fix="planner validate plan.yaml, or planner validate --gpus GPUS -- vllm serve …",
            )
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise InvalidInputError(
            f"{path} is larger than {MAX_BYTES // 1024**2} MiB", cause="no plan is that long"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not text: {error}") from None


def _yaml(name: str, typed: str) -> tuple[Any, dict[str, int]]:
    # 30 ms, and no other path reads YAML
    from ruamel.yaml import YAML
    from ruamel.yaml.composer import Composer
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.events import AliasEvent

    class NoAliases(Composer):
        """An alias can make a small file endless, and no plan has one."""

        def compose_node(self, parent: Any, index: int) -> Any:  # noqa: ANN401 - ruamel's own
            if self.parser.check_event(AliasEvent):
                line = self.parser.peek_event().start_mark.line + 1
                raise InvalidInputError(f"{name}, line {line}: aliases are not read")
            return super().compose_node(parent, index)

    reader = YAML(typ="rt")
    reader.Composer = NoAliases
    try:
        document = reader.load(typed)
    except RecursionError:
        raise InvalidInputError(f"{name} is nested too deeply") from None
    except (YAMLError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        place = f", line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InvalidInputError(f"{name}{place} is not YAML: {reason}") from None
    lines = dict(_lines(document, "")) if isinstance(document, dict | list) else {}
    return document, lines


def _lines(node: Any, path: str) -> Iterator[tuple[str, int]]:  # noqa: ANN401
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    # ruamel keeps [line, column, …] of each key or item, but none of a tagged sequence
    places = node.lc.data or {}
    for key, value in pairs:
        if key in places:
            yield f"{path}{key}", places[key][0] + 1
        if isinstance(value, dict | list):
            yield from _lines(value, f"{path}{key}.")
