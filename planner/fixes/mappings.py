"""Keys and items added to a YAML text, in the style of what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from planner.dumped import dump
from planner.fixes.carriers.base import CannotEditError, scalar_text
from planner.fixes.nodes import end_of, line_end, line_start
from planner.fixes.text import Change

if TYPE_CHECKING:
    from planner.fixes.nodes import Nodes


def scalar_put(nodes: Nodes, node: Node | None, text: str) -> Change:
    """Another text in the place of a scalar.

    Raises:
        CannotEditError: it is no plain value.
    """
    if not isinstance(node, ScalarNode) or node.style in {"|", ">"}:
        raise CannotEditError("it is more than a value on a line")
    start, end = node.start_mark.index, end_of(node, nodes.text)
    if start == end or nodes.text[start] in "&!":
        raise CannotEditError("the value has a name of its own, or is empty")
    return Change(start=start, end=end, text=scalar_text(text, node, number=True))


def key_added(nodes: Nodes, mapping: MappingNode, key: str, value: Any) -> Change:  # noqa: ANN401
    """A key at the end of a mapping.

    Raises:
        CannotEditError: nothing is there yet.
    """
    if not mapping.value:
        raise CannotEditError("nothing is there yet")
    end = end_of(mapping, nodes.text)
    if mapping.flow_style:
        inside = end_of(mapping.value[-1][1], nodes.text)
        return Change(start=inside, end=inside, text=f", {key}: {_flow(value)}")
    column = mapping.value[0][0].start_mark.column
    first, *more = _block({key: value})
    deeper = nodes.list_indent if isinstance(value, list) else 0
    lines = [" " * column + first, *(" " * (column + deeper) + line for line in more)]
    return _lines_added(nodes, end, lines)


def item_added(nodes: Nodes, items: SequenceNode, value: Any) -> Change:  # noqa: ANN401
    """An item at the end of a list."""
    end = end_of(items, nodes.text)
    if items.flow_style or not items.value:
        inside = end_of(items.value[-1], nodes.text) if items.value else end - 1
        comma = ", " if items.value else ""
        return Change(start=inside, end=inside, text=comma + _flow(value))
    begin: int = line_start(nodes.text, items.value[-1].start_mark.index)
    dash = nodes.text.index("-", begin)
    if nodes.text[begin:dash].strip():
        raise CannotEditError("something else is on its line")
    indent = nodes.text[begin:dash]
    first, *more = _block(value)
    return _lines_added(nodes, end, [f"{indent}- {first}", *(f"{indent}  {line}" for line in more)])


def plain(node: Node) -> Any:  # noqa: ANN401 - what the nodes stand for
    """A node as data; whole numbers as such."""
    if isinstance(node, MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(each) for each in node.value]
    number = isinstance(node, ScalarNode) and node.style is None and node.value.isdecimal()
    return int(node.value) if number else node.value


def _lines_added(nodes: Nodes, end: int, lines: list[str]) -> Change:
    stop = line_end(nodes.text, end)
    text = "".join(nodes.lines.ending + line for line in lines)
    return Change(start=stop, end=stop, text=text)


def _block(value: Any) -> list[str]:  # noqa: ANN401 - plain data
    return dump(value).splitlines()


def _flow(value: Any) -> str:  # noqa: ANN401 - plain data
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return str(value) if isinstance(value, int) else scalar_text(str(value), None)
