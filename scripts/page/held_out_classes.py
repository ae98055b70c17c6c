"""How the planner does on a model class that it does not know: each published one in turn.

One model of each class of the catalogue is read from its keys, its ``model_type`` unknown and its
own family away, and held against what its family makes of it.

Usage: ``python -m scripts.page.held_out_classes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from planner import plugins
from planner.errors import InvalidInputError
from planner.model import catalog
from planner.model.family import FAMILIES
from planner.model.from_keys.read import read_from_keys
from planner.model.parameters import count_parameters
from planner.model.read import read_architecture
from scripts.markdown import table
from scripts.page.figures import share
from scripts.page.headline import Headline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.model.architecture import Architecture

#: how far parameters may be off and be right
_RIGHT = 0.01
_INTRODUCTION = """
A class that no family describes is read by the families that know every size its configuration
states, where they agree (`planner explain VER009`); else it is refused. Here one model of each
class of the catalogue is read so, its `model_type` unknown and its own family away. It is right
with parameters within 1 % and the very caches, layer by layer, that its family gives. The way was
worked out with these models in sight, and new classes have what none of them had.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What came of one class.

    ``refusal`` is why it was not answered, empty where it was; ``error`` is that of the parameters,
    a share of them.
    """

    model: str
    architecture: str
    like: str = ""
    refusal: str = ""
    error: float = 0.0
    same_caches: bool = False

    @property
    def right(self) -> bool:
        """Whether the answer is the family's."""
        return not self.refusal and abs(self.error) <= _RIGHT and self.same_caches


@cache
def held_out() -> tuple[HeldOut, ...]:
    """Every class of the catalogue that a family knows, by its first model."""
    first = {row.architecture: row for row in reversed(catalog.rows())}
    return tuple(
        _held_out(row.id, name, module)
        for name, row in sorted(first.items())
        for module in _own(name)
    )


def _own(name: str) -> list[str]:
    named = plugins.naming(FAMILIES, name)
    return [m for m in named if name in plugins.load(FAMILIES, m).ARCHITECTURES][:1]


def _held_out(model: str, name: str, module: str) -> HeldOut:
    row = catalog.find(model)
    config = catalog.load(row).config if row else {}
    true = read_architecture(config)
    try:
        found = read_from_keys({**config, "model_type": "unknown"}, name, without={module})
    except InvalidInputError as error:
        return HeldOut(model=model, architecture=name, refusal=error.cause)
    return HeldOut(
        model=model,
        architecture=name,
        like=found.read_like,
        error=count_parameters(found) / count_parameters(true) - 1,
        same_caches=_caches(found) == _caches(true),
    )


def _caches(architecture: Architecture) -> list[object]:
    return [layer.caches for layer in architecture.layers]


def class_headlines(found: Sequence[HeldOut]) -> list[Headline]:
    """Answers that are right, of those given; and how many are given."""
    answered = [each for each in found if not each.refusal]
    right = sum(each.right for each in answered)
    return [
        Headline(
            name="classes nobody knows: answers right, %",
            value=round(share(right, len(answered)), 2),
            goal=99,
            limit=95,
        ),
        Headline(
            name="classes nobody knows: answered, the others refused, %",
            value=round(share(len(answered), len(found)), 2),
        ),
    ]


def class_section(found: Sequence[HeldOut]) -> Iterator[str]:
    """The accuracy page's section."""
    yield from ("## Classes nobody knows", _INTRODUCTION)
    answered = [each for each in found if not each.refusal]
    wrong = [each for each in answered if not each.right]
    yield f"{len(found)} classes: {len(answered)} answered, {len(answered) - len(wrong)} of them"
    yield from (f"right, {len(found) - len(answered)} refused.", "")
    rows = [
        [each.architecture, each.model, each.like, f"{100 * each.error:+.2f}", _caches_word(each)]
        for each in wrong
    ]
    if rows:
        yield from table(["not right", "model", "read like", "parameters, %", "caches"], rows)


def _caches_word(each: HeldOut) -> str:
    return "the same" if each.same_caches else "others"


def main() -> None:
    """Print what came of each."""
    for each in held_out():
        told = f"{each.like} {each.error:+.4f} {_caches_word(each)}" if each.like else each.refusal
        print(f"{'right' if each.right else '-':6}{each.architecture} ({each.model}): {told}")
    for line in class_headlines(held_out()):
        print(f"{line.shown:>8}  {line.name}")


if __name__ == "__main__":
    main()
