"""Words as the items of a YAML list: ``args:`` of a container, ``command:`` of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ruamel.yaml.nodes import ScalarNode

from planner.fixes.carriers.base import CannotEditError, scalar_text
from planner.fixes.nodes import end_of, line_end, line_start
from planner.fixes.text import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruamel.yaml.nodes import SequenceNode

    from planner.fixes.nodes import Nodes


class ListItems:
    """The items of one list."""

    def __init__(self, nodes: Nodes, of: SequenceNode) -> None:
        self._nodes, self._text, self._list = nodes, nodes.text, of

    def replace(
        self, first: int, last: int, old: Sequence[str], new: Sequence[str]
    ) -> list[Change]:
        """Item by item; what is too many goes, what is missing follows the last."""
        changes = [
            self._put(index, was, word)
            for index, (was, word) in enumerate(zip(old, new, strict=False), first)
            if was != word
        ]
        if len(old) > len(new):
            changes += self.remove(first + len(new), last)
        elif len(new) > len(old):
            changes += self.add(first, last, new[len(old) :])
        return changes

    def _put(self, index: int, was: str, word: str) -> Change:
        item = self._list.value[index]
        if not isinstance(item, ScalarNode) or item.value != was or item.style in {"|", ">"}:
            raise CannotEditError(f"{was} is not written as it is read")
        start, end = item.start_mark.index, end_of(item, self._text)
        if self._text[start] in "&!":
            raise CannotEditError(f"{was} has a name of its own")
        return Change(start=start, end=end, text=scalar_text(word, item))

    def remove(self, first: int, last: int) -> list[Change]:
        """Whole lines of a list that has an item a line, else with the comma before."""
        items = self._list.value
        if last - first + 1 == len(items):
            raise CannotEditError("the list would be empty")
        start, end = self._bounds(first, last)
        if not self._list.flow_style:
            begin = self._dash(first)
            stop = min(line_end(self._text, end) + len(self._nodes.lines.ending), len(self._text))
            return [Change(start=begin, end=stop, text="")]
        if first:
            return [Change(start=self._bounds(first - 1, first - 1)[1], end=end, text="")]
        return [Change(start=start, end=items[last + 1].start_mark.index, text="")]

    def add(self, first: int, last: int, new: Sequence[str]) -> list[Change]:
        """Items of their own, written as the list's are."""
        items, end = self._list.value, self._bounds(last, last)[1]
        beside = items[first] if isinstance(items[first], ScalarNode) else None
        written = [scalar_text(word, beside) for word in new]
        if self._list.flow_style:
            between = self._between(first)
            return [Change(start=end, end=end, text="".join(between + each for each in written))]
        begin = self._dash(first)
        indent = self._text[begin : self._text.index("-", begin)]
        lines = "".join(f"{self._nodes.lines.ending}{indent}- {each}" for each in written)
        stop = line_end(self._text, end)
        return [Change(start=stop, end=stop, text=lines)]

    def _bounds(self, first: int, last: int) -> tuple[int, int]:
        items = self._list.value
        return items[first].start_mark.index, end_of(items[last], self._text)

    def _dash(self, index: int) -> int:
        """Where the line of an item begins, if the item has it alone."""
        start = self._list.value[index].start_mark.index
        begin = line_start(self._text, start)
        if self._text[begin:start].strip() != "-":
            raise CannotEditError("something else is on its line")
        return begin

    def _between(self, first: int) -> str:
        """What stands between an item and the one before it."""
        if first:
            before = self._bounds(first - 1, first - 1)[1]
            text = self._text[before : self._list.value[first].start_mark.index]
            if text.strip() == ",":
                return text
        return ", "
