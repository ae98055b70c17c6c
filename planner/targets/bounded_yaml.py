"""YAML that nobody has to trust: refused before it costs seconds, gigabytes or an endless walk.

Imported by what reads a file only: ruamel.yaml takes 30 ms.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError

from planner.errors import InvalidInputError

#: characters' worth of reading: under 2 s of ruamel.yaml 0.19, which reads 0.5 million a second
_MAX_WORK = 800_000
#: a key, an item or a document takes as long as so many characters of a scalar, a line as so many
_PART_WORK = 90
_LINE_WORK = 8
_PART = re.compile(r"[,\[{]|[:?-](?=\s)|^---", re.MULTILINE)
#: no manifest comes near; what walks over a document may call itself as often
_MAX_DEPTH = 100
#: parts of a document with its aliases written out
_MAX_PARTS = 100_000
#: base 60, which YAML 1.1 has, takes time by the square of the digits
_MAX_DIGITS = 100
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
#: what ruamel meets in a broken file it does not always tell as an error of its own
_BROKEN = (
    YAMLError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
)
_MIB = 1024 * 1024


def load(name: str, typed: str) -> list[Any]:
    """The documents of a file, with the places of their keys.

    Raises:
        InvalidInputError: no YAML, or more of it than anybody writes.
    """
    parts, lines = len(_PART.findall(typed)), typed.count("\n") + typed.count("\r")
    if len(typed) + _PART_WORK * parts + _LINE_WORK * lines > _MAX_WORK:
        raise InvalidInputError(
            f"{name} is too long to be read: {len(typed) / _MIB:.1f} MiB, {lines:,} lines, "
            f"about {parts:,} parts",
            cause=f"read are about {_MAX_WORK // (_PART_WORK + _LINE_WORK):,} keys and items",
            fix="leave out what starts no server, such as custom resource definitions",
        )
    yaml = YAML(typ="rt")
    yaml.max_depth = _MAX_DEPTH
    yaml.Constructor = _Bounded
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)  # YAML 1.2 allows it
            loaded = list(yaml.load_all(typed))
    except (MaxDepthExceededError, RecursionError):
        raise _too_deep(name) from None
    except _BROKEN as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        place = f", line {mark.line + 1}" if mark else ""
        said = [*str(error).splitlines(), type(error).__name__]
        reason = getattr(error, "problem", None) or said[0]
        raise InvalidInputError(f"{name}{place} is not YAML: {reason}") from None
    for data in loaded:
        _bounded(name, data)
    return loaded


class _Bounded(RoundTripConstructor):
    """Refuses a node within itself, whose inner one ruamel reads as null, and endless numbers."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002
        if node in self.recursive_objects and node not in self.constructed_objects:
            raise MarkedYAMLError(problem="an alias holds itself", problem_mark=node.start_mark)
        if node.tag in _NUMBERS and isinstance(node.value, str) and len(node.value) > _MAX_DIGITS:
            raise MarkedYAMLError(
                problem=f"a number of {len(node.value):,} digits", problem_mark=node.start_mark
            )
        return super().construct_object(node, deep=deep)


def _too_deep(name: str) -> InvalidInputError:
    return InvalidInputError(
        f"{name} is nested too deeply", cause=f"more than {_MAX_DEPTH} lists or mappings in another"
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
        raise _too_deep(name) from None
    raise InvalidInputError(
        f"{name} is too large once its aliases are written out",
        cause=f"more than {_MAX_PARTS:,} parts",
    )
