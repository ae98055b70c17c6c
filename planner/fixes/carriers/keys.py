"""Options as the keys of a YAML mapping: vLLM's own configuration, the options of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruamel.yaml.nodes import ScalarNode, SequenceNode

from planner.fixes.carriers.base import CannotEditError, scalar_text
from planner.fixes.nodes import end_of, line_end, line_start
from planner.fixes.text import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruamel.yaml.nodes import MappingNode

    from planner.fixes.nodes import Nodes


class Keys:
    """The entries of one mapping that has a key a line; each is an option with its values.

    ``own`` is False where the keys are a chart's, not vLLM's: none is added or called otherwise.
    """

    def __init__(self, nodes: Nodes, of: MappingNode, *, own: bool = True) -> None:
        self._nodes, self._text, self._map, self._own = nodes, nodes.text, of, own

    def replace(
        self, first: int, last: int, old: Sequence[str], new: Sequence[str]
    ) -> list[Change]:
        """The key where the flag is another, the value where the value is."""
        del last
        key, value = self._map.value[first]
        renamed = old[0] != new[0]
        if renamed and (not self._own or _key(old[0], key.value) != key.value):
            raise CannotEditError("a switch that is off, or a key of a chart")
        changes = []
        if renamed:
            written = scalar_text(_key(new[0], key.value), key)
            changes.append(self._put(key, written))
        if old[1:] != new[1:]:
            changes.append(self._put(value, _value(new[1:], value)))
        return changes

    def remove(self, first: int, last: int) -> list[Change]:
        """All lines of the entry."""
        if len(self._map.value) == 1:
            raise CannotEditError("nothing else is there")
        begin = self._alone(first)
        end = line_end(self._text, end_of(self._map.value[last][1], self._text))
        stop = min(end + len(self._nodes.lines.ending), len(self._text))
        return [Change(start=begin, end=stop, text="")]

    def add(self, first: int, last: int, new: Sequence[str]) -> list[Change]:
        """An entry on a line of its own."""
        if not self._own:
            raise CannotEditError("the keys are a chart's own")
        key = self._map.value[first][0]
        indent = self._text[self._alone(first) : key.start_mark.index]
        stop = line_end(self._text, end_of(self._map.value[last][1], self._text))
        line = f"{scalar_text(_key(new[0], key.value), key)}: {_value(new[1:], None)}"
        text = f"{self._nodes.lines.ending}{indent}{line}"
        return [Change(start=stop, end=stop, text=text)]

    def _put(self, node: ScalarNode | SequenceNode, written: str) -> Change:
        start, end = node.start_mark.index, end_of(node, self._text)
        plain = isinstance(node, ScalarNode) and node.style not in {"|", ">"}
        if not plain or start == end or self._text[start] in "&!":
            raise CannotEditError("it is more than a value on a line")
        return Change(start=start, end=end, text=written)

    def _alone(self, index: int) -> int:
        start = self._map.value[index][0].start_mark.index
        begin = line_start(self._text, start)
        if self._map.flow_style or self._text[begin:start].strip():
            raise CannotEditError("something else is on its line")
        return int(begin)


def _key(flag: str, like: str) -> str:
    """A flag as a key, spelled as another key is."""
    if like.startswith("--"):
        return flag
    name = flag.removeprefix("--")
    return name.replace("-", "_") if "_" in like else name


def _value(words: Sequence[str], like: ScalarNode | SequenceNode | None) -> str:
    """The values of an option; a switch is true."""
    if not words:
        return "true"
    beside = like if isinstance(like, ScalarNode) else None
    written = [scalar_text(word, beside, number=True) for word in words]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"
