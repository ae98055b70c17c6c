"""Where the words of a deployment's commands stand in its file."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from planner.fixes.carriers.base import CannotEditError, Carrier
from planner.fixes.carriers.keys import Keys
from planner.fixes.carriers.list_items import ListItems
from planner.fixes.carriers.shell_text import ShellText
from planner.fixes.nodes import end_of
from planner.fixes.shell import shell_words
from planner.frozen import frozen
from planner.targets.option_words import flag_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.fixes.nodes import Nodes
    from planner.fixes.shell import ShellWord
    from planner.targets.document import Word

#: of a word: what holds it, and which of its pieces it is; None where the file implies it
Place = tuple[Carrier, int] | None

#: letters that would end a scalar of YAML, by its style
_FORBIDDEN = {None: ":#,[]{}&*!|>%@`\"'", "'": "'", '"': '"\\', "|": "", ">": ""}


@frozen
class Written:
    """The words of one command, each with its place."""

    words: tuple[str, ...]
    places: tuple[Place, ...]

    def span(self, first: int, last: int) -> tuple[Carrier, int, int]:
        """The pieces of some words that stand side by side.

        Raises:
            CannotEditError: they do not.
        """
        found = [self.places[index] for index in range(first, last + 1)]
        pieces = [place for place in found if place is not None]
        carriers = {id(carrier) for carrier, _ in pieces}
        if not pieces or len(pieces) < len(found) or len(carriers) > 1:
            raise CannotEditError("an option is written in more than one place")
        (carrier, start), (_, end) = pieces[0], pieces[-1]
        if end - start not in {0, last - first}:
            raise CannotEditError("something stands between the words of an option")
        return carrier, start, end


def in_script(text: str, commands: Sequence[Sequence[Word]]) -> list[Written]:
    """The words of commands in a shell script.

    Raises:
        CannotEditError: a command is not written as it is read.
    """
    found = shell_words(text, 0, len(text), script=True)
    carrier = ShellText(text, found)
    return [_written(words, carrier, found, text) for words in commands]


def docker_run(text: str, words: Sequence[Word]) -> tuple[ShellText, int]:
    """The word ``run`` of the docker command that runs a server of a script.

    Raises:
        CannotEditError: there is none.
    """
    found = shell_words(text, 0, len(text), script=True)
    real = [word for word in words if _here(word)]
    for index in range(_aligned(found, real, text), -1, -1):
        if found[index].text == "\n":
            break
        if found[index].text == "run":
            return ShellText(text, found), index
    raise CannotEditError("no docker run starts it")


def in_yaml(nodes: Nodes, commands: Sequence[Sequence[Word]]) -> list[Written]:
    """The words of commands in a YAML file.

    Raises:
        CannotEditError: a command is not written as it is read.
    """
    holders: dict[int, Carrier] = {}
    return [_of_nodes(nodes, words, holders) for words in commands]


def _of_nodes(nodes: Nodes, words: Sequence[Word], holders: dict[int, Carrier]) -> Written:
    places: list[Place] = []
    for (_, line, column), group in groupby(words, key=_place):
        here = list(group)
        if line is None or here[0].file:
            places += [None] * len(here)
            continue
        node = nodes.scalar(line, column) if column else _text_on(nodes, line)
        holder = nodes.holder(node) if node is not None else None
        if isinstance(node, ScalarNode) and len(here) == 1 and isinstance(holder, SequenceNode):
            carrier = holders.setdefault(id(holder), ListItems(nodes, holder))
            places.append((carrier, next(n for n, i in enumerate(holder.value) if i is node)))
        elif isinstance(holder, MappingNode) and node and column and _is_key(holder, node):
            own = here[0].text in {flag_of(node.value), node.value}
            keys = holders.setdefault(id(holder), Keys(nodes, holder, own=own))
            entry = next(n for n, pair in enumerate(holder.value) if pair[0] is node)
            places += [(keys, entry)] * len(here)
        else:
            places += _in_scalar(nodes, node, here, holders)
    return Written(words=tuple(word.text for word in words), places=tuple(places))


def _place(word: Word) -> tuple[str | None, int | None, int | None]:
    return word.file, word.line, word.column


def _here(word: Word) -> bool:
    """Whether a word stands in the target's own file."""
    return word.line is not None and word.file is None


def _is_key(holder: MappingNode, node: ScalarNode) -> bool:
    return any(key is node for key, _ in holder.value)


def _text_on(nodes: Nodes, line: int) -> ScalarNode | None:
    """The last scalar that begins on a line: the text of ``command: vllm serve …``."""
    found = [each for (at, _), here in nodes.at.items() if at == line for each in here]
    scalars = [each for each in found if isinstance(each, ScalarNode)]
    return max(scalars, key=lambda each: int(each.start_mark.index), default=None)


def _in_scalar(
    nodes: Nodes, node: ScalarNode | None, words: Sequence[Word], holders: dict[int, Carrier]
) -> list[Place]:
    """Words of a command that is one text; nowhere where it is not written as it is read."""
    try:
        return _in_text(nodes, node, words, holders)
    except CannotEditError:
        return [None] * len(words)


def _in_text(
    nodes: Nodes, node: ScalarNode | None, words: Sequence[Word], holders: dict[int, Carrier]
) -> list[Place]:
    if node is None:
        raise CannotEditError("the words stand nowhere")
    text = nodes.text
    start, end = node.start_mark.index, end_of(node, text)
    if text[start] in "&!":
        raise CannotEditError("the command has a name of its own")
    if node.style in {"|", ">"}:
        start = text.index("\n", start) + 1
    elif node.style in {"'", '"'}:
        start, end = start + 1, end - 1
        if ("''" if node.style == "'" else "\\") in text[start:end]:
            raise CannotEditError("the command holds quotes within quotes")
    found = shell_words(text, start, end, script=False)
    carrier = ShellText(text, found, _FORBIDDEN[node.style])
    shared = holders.setdefault(id(node), carrier)
    begin = _aligned(found, words, text)
    return [(shared, begin + number) for number in range(len(words))]


def _written(words: Sequence[Word], carrier: Carrier, found: list[ShellWord], text: str) -> Written:
    real = [word for word in words if _here(word)]
    begin = _aligned(found, real, text)
    places: list[Place] = []
    for word in words:
        here = _here(word)
        places.append((carrier, begin) if here else None)
        begin += here
    return Written(words=tuple(word.text for word in words), places=tuple(places))


def _aligned(found: Sequence[ShellWord], words: Sequence[Word], text: str) -> int:
    """Where the words of a command begin among those of a text.

    Raises:
        CannotEditError: they are nowhere side by side.
    """
    count = len(words)
    starts = [
        begin
        for begin in range(len(found) - count + 1)
        if all(map(_same, found[begin : begin + count], words))
    ]
    if not starts or not words:
        raise CannotEditError("the command is not written as it is read")
    line = words[0].line
    on_line = [s for s in starts if text.count("\n", 0, found[s].start) + 1 == line]
    return (on_line or starts)[0]


def _same(found: ShellWord, word: Word) -> bool:
    """A word that holds a variable may be any."""
    return found.text == word.text or not (found.certain or found.operator)
