"""The figures of a plan whose options were mended: those of the layout that it then is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from planner.dumped import dump
from planner.fixes.carriers.base import CannotEditError
from planner.fixes.nodes import end_of, read_nodes, value_of
from planner.fixes.plan_file import is_plan, root
from planner.fixes.text import Change, changed
from planner.targets.files import documents_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.fixes.nodes import Nodes
    from planner.plan import Answer, Layout

#: what a layout says of itself; the rest is what somebody typed
_FIGURES = (
    "gpus_used", "why", "fit", "memory", "kv_cache", "performance", "start_up", "cost", "curves",
    "improvement", "findings", "notes",
)  # fmt: skip
#: of the first layout, beside the layouts
_BESIDE = ("math", "provenance")


def with_figures(name: str, text: str, judged: Answer) -> str:
    """The text of a plan with the figures of its first layout as they were judged.

    What is as it was keeps its place, its comments and its spelling. Any other file stays.

    Raises:
        CannotEditError: the figures are not written as plans have them.
    """
    nodes = read_nodes(text)
    if nodes is None or not is_plan(nodes) or not judged.layouts:
        return text
    old = documents_of(name, text)[0].data
    layouts = value_of(root(nodes), "layouts")
    if not isinstance(layouts, SequenceNode):
        raise CannotEditError("the plan holds no layout")
    new = _figures(judged.layouts[0], old["layouts"][0])
    changes = list(_updates(nodes, layouts.value[0], old["layouts"][0], new))
    beside = judged.model_dump(mode="json", include={"vllm_version", "calibration", "model"})
    changes += _updates(nodes, root(nodes), old, beside | dict.fromkeys(_BESIDE))
    return changed(text, changes)


def _figures(layout: Layout, old: dict[str, Any]) -> dict[str, Any]:
    new = layout.model_dump(mode="json", include=set(_FIGURES))
    for finding in new["findings"]:
        # in the plan they are about itself
        finding |= {"location": None, "repair": None}
    gone = [key for key in _FIGURES if old.get(key) and new[key] is None]
    if gone:
        new["notes"].append(
            f"{' and '.join(gone)}: not known of the options as they were mended; planner estimate "
            "-o tells it at a load"
        )
    return new


def _updates(nodes: Nodes, node: Node | None, old: Any, new: Any) -> Iterator[Change]:  # noqa: ANN401
    """The smallest changes that make a part of the file say something else.

    Keys of a mapping that ``new`` does not name stay; those that the file lacks are not added to
    the outermost, and make an inner one be written anew.
    """
    if not isinstance(node, MappingNode):
        raise CannotEditError("a part of the plan is of another type than there")
    for key, value in node.value:
        name = key.value
        if name not in new or _same(old[name], new[name]):
            continue
        if value.anchor or value.start_mark.index < key.start_mark.index:
            raise CannotEditError(f"{name} of the plan is an anchor or an alias of another part")
        if _alike(value, old[name], new[name]):
            yield from _inside(nodes, value, old[name], new[name])
        else:
            yield _written(nodes, node, key, value, new[name])


def _inside(nodes: Nodes, node: Node, old: Any, new: Any) -> Iterator[Change]:  # noqa: ANN401
    if isinstance(node, MappingNode):
        yield from _updates(nodes, node, old, new)
        return
    for item, was, now in zip(node.value, old, new, strict=True):
        if not _same(was, now):
            yield from _inside(nodes, item, was, now)


def _alike(node: Node, old: Any, new: Any) -> bool:  # noqa: ANN401
    """Whether two values differ deeper within only, so that what holds them can stay."""
    if isinstance(node, MappingNode):
        return isinstance(new, dict) and old.keys() == new.keys() and bool(new)
    if not isinstance(node, SequenceNode) or not isinstance(new, list):
        return False
    pairs = zip(node.value, old, new, strict=False)
    return len(old) == len(new) and all(_same(a, b) or _alike(n, a, b) for n, a, b in pairs)


def _same(old: Any, new: Any) -> bool:  # noqa: ANN401
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _written(nodes: Nodes, above: MappingNode, key: Node, value: Node, new: Any) -> Change:  # noqa: ANN401
    """Another value of a key, with all that it holds."""
    begin, end = key.start_mark.index, end_of(value, nodes.text)
    start = end_of(key, nodes.text)
    if above.flow_style:
        text = f"{nodes.text[begin:start]}: {json.dumps(new, ensure_ascii=False)}"
    else:
        indent = nodes.lines.ending + " " * key.start_mark.column
        text = indent.join(dump({_text(key): new}).splitlines())
    return Change(start=begin, end=end, text=text)


def _text(key: Node) -> str:
    return str(key.value) if isinstance(key, ScalarNode) else ""
