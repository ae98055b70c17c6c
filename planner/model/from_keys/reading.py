"""What each family makes of one configuration, and which of its sizes it passes over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from planner import plugins
from planner.errors import PlannerError
from planner.frozen import frozen
from planner.model.family import FAMILIES
from planner.model.from_keys.recorded import Recorded
from planner.model.from_keys.stated import stated, synonyms
from planner.model.keys import Keys
from planner.model.parameters import count_parameters

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from planner.model.architecture import Architecture
    from planner.model.family import Family
    from planner.model.from_keys.recorded import Place

CAUSAL = ("ForCausalLM", "LMHeadModel")
"""endings of the classes that write text and see nothing else"""
_CANNOT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, PlannerError)


@frozen
class Reading:
    """A configuration as one family reads it.

    ``unread`` are places of sizes that the family never asks for, ``assumed`` the sizes that it
    takes from its own class's defaults, ``asked`` all that it asks for.
    """

    like: str
    """The family's first such class."""
    classes: int
    """How many it reads."""
    architecture: Architecture
    parameters: int
    asked: frozenset[Place]
    assumed: frozenset[str]
    unread: frozenset[Place] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether it uses every size that is stated, and no other."""
        return not self.unread and not self.assumed


class _AskedKeys(Keys):
    """Keys that note which of a class's defaults are used."""

    def __init__(self, config: Mapping[str, Any], where: str, used: set[str]) -> None:
        super().__init__(config, where)
        self._used = used

    def _made(self, config: Mapping[str, Any], where: str) -> Keys:
        return _AskedKeys(config, where, self._used)

    def _assumed(self, defaults: dict[str, Any]) -> dict[str, Any]:
        sizes = {name for _, name in stated(defaults)}

        def note(place: Place) -> None:
            self._used.update(sizes & {place[1]})

        return Recorded(defaults, note)


def readings(config: Mapping[str, Any], without: Collection[str] = ()) -> list[Reading]:
    """What the families of text models make of it, those that can read it at all.

    ``without`` names modules of families to leave out, to see how well the others do.
    """
    found = []
    for module in plugins.names(FAMILIES):
        if module in without:
            continue
        family = cast("Family", plugins.load(FAMILIES, module))
        like = next((name for name in family.ARCHITECTURES if name.endswith(CAUSAL)), None)
        reading = _reading(family, like, config) if like else None
        if reading is not None:
            found.append(reading)
    asked_by_some = {name for reading in found for _, name in reading.asked}
    places = stated(config, asked_by_some)
    return [replace(reading, unread=_unread(reading, config, places)) for reading in found]


def _unread(reading: Reading, config: Mapping[str, Any], places: set[Place]) -> frozenset[Place]:
    names = {name for _, name in reading.asked}
    left = places - reading.asked
    return frozenset(place for place in left if not _other_name(place[1], config, names))


def _reading(family: Family, like: str, config: Mapping[str, Any]) -> Reading | None:
    """The reading of one family, sizes under the names it knows; None if it cannot read it."""
    asked: set[Place] = set()
    used: set[str] = set()
    architecture = _tried(family, config, asked, used)
    while renamed := _renamed(config, {name for _, name in asked}):
        config, used = renamed, set()
        architecture = _tried(family, config, asked, used)
    if architecture is None:
        return None
    return Reading(
        like=like,
        classes=len(family.ARCHITECTURES),
        architecture=architecture,
        parameters=count_parameters(architecture),
        asked=frozenset(asked),
        assumed=frozenset(used),
    )


def _tried(
    family: Family, config: Mapping[str, Any], asked: set[Place], used: set[str]
) -> Architecture | None:
    """What a family reads; what it asks for and assumes, as far as it comes, is added."""
    try:
        return family.read(_AskedKeys(Recorded(config, asked.add), "config.json", used))
    except _CANNOT:
        return None


def _renamed(config: Mapping[str, Any], names: set[str]) -> dict[str, Any] | None:
    """The same with one size under another of its names; None where none is to be renamed."""
    for key in config:
        other = None if key in names else _other_name(key, config, names)
        if other:
            return {**{k: v for k, v in config.items() if k != key}, other: config[key]}
    return None


def _other_name(key: str, config: Mapping[str, Any], names: set[str]) -> str | None:
    """Another name of a size, that a family asks for and the file does not have."""
    found = (n for n in synonyms(key) if n in names and config.get(n) is None)
    return next(found, None)
