"""A plan tells an option several times: for programs, as words, as a shell's text, as a size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml.nodes import MappingNode, SequenceNode

from planner.fixes.carriers.base import CannotEditError
from planner.fixes.carriers.keys import Keys
from planner.fixes.command import Written, in_yaml
from planner.fixes.nodes import value_of
from planner.fixes.options import option_changes
from planner.fixes.text import Change
from planner.targets.document import Word
from planner.vllm.command import shlex_split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.fixes.command import Place
    from planner.fixes.nodes import Nodes

#: the sizes of a layout that options fix
_SIZES = {
    "--tensor-parallel-size": "tensor_parallel_size",
    "--pipeline-parallel-size": "pipeline_parallel_size",
    "--data-parallel-size": "data_parallel_size",
    "--decode-context-parallel-size": "decode_context_parallel_size",
}
_EXPERTS = "--enable-expert-parallel"


def is_plan(nodes: Nodes) -> bool:
    """Whether a file says that it is one."""
    schema = value_of(root(nodes), "schema")
    return schema is not None and str(schema.value).startswith("planner/")


def plan_changes(
    nodes: Nodes, options: Mapping[str, Sequence[str]], version: str | None
) -> Iterator[Change]:
    """What changes beside the words of the commands.

    Raises:
        CannotEditError: one of the places is not as plans are written.
    """
    layouts = value_of(root(nodes), "layouts")
    if not isinstance(layouts, SequenceNode) or not layouts.value:
        raise CannotEditError("the plan holds no layout")
    layout = layouts.value[0]
    yield from _sizes(layout, options)
    arguments = value_of(layout, "vllm_args")
    if isinstance(arguments, MappingNode) and arguments.value:
        yield from option_changes(_as_command(nodes, arguments), options, version)
    commands = value_of(layout, "commands")
    for command in commands.value if isinstance(commands, SequenceNode) else ():
        shell = value_of(command, "shell")
        if shell is not None and not shell.value.startswith("ray "):
            words = [_word(text, shell) for text in shlex_split(shell.value)]
            yield from option_changes(in_yaml(nodes, [words])[0], options, version)


def root(nodes: Nodes) -> Any:  # noqa: ANN401 - a node, or None
    """What the file holds, whatever comments stand above it."""
    first = next(iter(nodes.at.values()), ())
    return next((n for n in first if isinstance(n, MappingNode)), None)


def _word(text: str, node: Any) -> Word:  # noqa: ANN401 - a node
    mark = node.start_mark
    return Word(text=text, line=mark.line + 1, column=mark.column + 1)


def _as_command(nodes: Nodes, arguments: MappingNode) -> Written:
    """The options of a plan as a command's words."""
    keys = Keys(nodes, arguments)
    words = ["vllm", "serve"]
    places: list[Place] = [None, None]
    for index, (key, value) in enumerate(arguments.value):
        values = value.value if isinstance(value, SequenceNode) else [value]
        texts = [str(each.value) for each in values if each.value not in {"true", "false"}]
        words += [key.value, *texts]
        places += [(keys, index)] * (1 + len(texts))
    return Written(words=tuple(words), places=tuple(places))


def _sizes(layout: Any, options: Mapping[str, Sequence[str]]) -> Iterator[Change]:  # noqa: ANN401
    for flag, new in options.items():
        node = value_of(layout, _SIZES.get(flag, "")) if flag in _SIZES else None
        if node is not None:
            size = new[-1] if new else "1"
            yield Change(start=node.start_mark.index, end=node.end_mark.index, text=size)
    experts = value_of(layout, "expert_parallel") if _EXPERTS in options else None
    if experts is not None:
        text = "true" if options[_EXPERTS] else "false"
        yield Change(start=experts.start_mark.index, end=experts.end_mark.index, text=text)
