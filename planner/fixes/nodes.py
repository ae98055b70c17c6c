"""The nodes of a YAML text with the offsets of each, found by where they begin.

Imported where a file is edited only: ruamel.yaml takes 30 ms.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from planner.fixes.text import Lines
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.finding import Location

Pair = tuple[Any, Any]

#: of a RayService: the applications as a text
_YAML_IN_YAML = "serveConfigV2"
_LETTER = re.compile(r"[^\r\n]")


@frozen
class Nodes:
    """A text and its nodes.

    Attributes:
        text: all of the file; lines: of it.
        at: the nodes that begin at a line and column, from 1, the outermost first.
        above: the node that holds a node, by the inner one's ``id``.
    """

    text: str
    lines: Lines
    at: dict[tuple[int, int], list[Node]]
    above: dict[int, Node]

    def scalar(self, line: int | None, column: int | None) -> ScalarNode | None:
        """The scalar that begins at a place."""
        found = self.at.get((line or 0, column or 0), ())
        return next((each for each in found if isinstance(each, ScalarNode)), None)

    def mapping(self, place: Location) -> MappingNode | None:
        """The mapping that a place is about: an item of a list, or what a key there has."""
        found = self.at.get((place.line or 0, place.column or 0), ())
        # the first key of a mapping begins where the mapping does
        for node in reversed(found):
            holder = self.above.get(id(node))
            named = isinstance(node, ScalarNode) and (place.path or "").endswith(f".{node.value}")
            if named and isinstance(holder, MappingNode):
                value = next((value for key, value in holder.value if key is node), None)
                return value if isinstance(value, MappingNode) else None
        return next((each for each in found if isinstance(each, MappingNode)), None)

    @property
    def list_indent(self) -> int:
        """Columns by which this file sets the items of a list off from its key."""
        for node in (each for here in self.at.values() for each in here):
            for key, value in node.value if isinstance(node, MappingNode) else ():
                if isinstance(value, SequenceNode) and not value.flow_style:
                    return max(int(value.start_mark.column - key.start_mark.column), 0)
        return 2

    def holder(self, node: Node) -> Node | None:
        """The node that holds one."""
        return self.above.get(id(node))


def read_nodes(text: str) -> Nodes | None:
    """The nodes of a text that was read before; None where it is no YAML."""
    at: dict[tuple[int, int], list[Node]] = {}
    above: dict[int, Node] = {}
    seen: set[int] = set()
    try:
        roots = list(YAML(typ="safe", pure=True).compose_all(text))
        within = [each for root in roots for each in _within(root, text)]
        for root in [*roots, *within]:
            for node, holder in _below(root, None, seen):
                mark = node.start_mark
                at.setdefault((mark.line + 1, mark.column + 1), []).append(node)
                if holder is not None:
                    above[id(node)] = holder
    except (YAMLError, RecursionError):
        return None
    return Nodes(text=text, lines=Lines(text), at=at, above=above)


def _within(root: Node | None, text: str) -> list[Node]:
    """What a text within a YAML file holds that is YAML itself, at its places in the file.

    All around it is blanked out, so that its lines and columns are the file's.
    """
    found = entry(root, "spec") if isinstance(root, MappingNode) else None
    value = value_of(found[1], _YAML_IN_YAML) if found else None
    if not isinstance(value, ScalarNode) or value.style != "|" or not value.value.strip():
        return []
    start, end = text.find("\n", value.start_mark.index), end_of(value, text)
    around = (_LETTER.sub(" ", text[:start]), text[start:end])
    return list(YAML(typ="safe", pure=True).compose_all("".join(around)))


def _below(
    node: Node | None, holder: Node | None, seen: set[int]
) -> Iterator[tuple[Node, Node | None]]:
    """A node and what it holds, each once: an alias is the node that it stands for."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    yield node, holder
    if isinstance(node, ScalarNode):
        return
    pairs = node.value if isinstance(node, MappingNode) else ((each,) for each in node.value)
    for pair in pairs:
        for each in pair:
            yield from _below(each, node, seen)


def entry(node: MappingNode, key: str) -> Pair | None:
    """A key of a mapping with its value."""
    return next((pair for pair in node.value if pair[0].value == key), None)


def value_of(node: Node | None, key: str) -> Any:  # noqa: ANN401 - a node of any kind
    """What a mapping has under a key, or None."""
    found = entry(node, key) if isinstance(node, MappingNode) else None
    return found[1] if found else None


def end_of(node: Node, text: str) -> int:
    """The offset behind the last character of a node: ruamel counts blank lines after it too."""
    if isinstance(node, ScalarNode):
        if node.style in {"|", ">"}:
            return len(text[: node.end_mark.index].rstrip())
        return int(node.end_mark.index)
    if not isinstance(node, MappingNode | SequenceNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return end_of(last[1] if isinstance(last, tuple) else last, text)


def line_start(text: str, offset: int) -> int:
    """Where the line of an offset begins."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Where the line of an offset ends, before what ends it."""
    stop = text.find("\n", offset)
    stop = len(text) if stop < 0 else stop
    return stop - 1 if text[offset:stop].endswith("\r") else stop
