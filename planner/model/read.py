"""From a configuration to an architecture: find the family that knows it, and ask."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from planner import plugins
from planner.errors import InvalidInputError
from planner.model.family import FAMILIES
from planner.model.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.architecture import Architecture
    from planner.model.family import Family

_NAMED_BY_TYPE = {"deepseek_vl_v2": "DeepseekVLV2ForCausalLM"}
"""classes that vLLM's own configurations name where the file does not"""


@cache
def families() -> dict[str, Family]:
    """Every known architecture with the family that reads it."""
    known = {}
    for name in plugins.names(FAMILIES):
        family = cast("Family", plugins.load(FAMILIES, name))
        known.update(dict.fromkeys(family.ARCHITECTURES, family))
    return known


@cache
def find_family(architecture: str) -> Family | None:
    """The family that reads an architecture, without importing the others."""
    for module in plugins.naming(FAMILIES, architecture):
        family = cast("Family", plugins.load(FAMILIES, module))
        if architecture in family.ARCHITECTURES:
            return family
    return None


def read_architecture(config: Mapping[str, Any], *, text_only: bool = False) -> Architecture:
    """The architecture a configuration describes.

    A class that no family knows is read from its keys, like the families that know all of them;
    ``read_like`` says so. Of such a class ``text_only`` wants the text model alone: its encoders
    cannot be told.

    Raises:
        InvalidInputError: no architecture is named, none of them is known and the keys do not
            tell, or a key that the model's size depends on is missing or absurd.
    """
    keys = Keys(config)
    named = [str(name) for name in keys.list("architectures")]
    if not named and keys.text("model_type") in _NAMED_BY_TYPE:
        named = [_NAMED_BY_TYPE[keys.text("model_type")]]
    for name in named:
        family = find_family(name)
        if family is not None:
            return replace(_read(family, keys, name), name=name)
    if not named:
        raise InvalidInputError(
            "config.json names no architecture",
            cause="vLLM chooses the model class by the key 'architectures'",
            fix='add "architectures": ["…"], as the original checkpoint has it',
        )
    # most models are of known classes, and reading with every family takes a second
    from planner.model.from_keys.read import read_from_keys, text_part

    return read_from_keys(text_part(config) if text_only else config, named[0])


def read_text_model(config: Mapping[str, Any]) -> Architecture:
    """As :func:`read_architecture`; of a class that no family knows without its encoders."""
    return read_architecture(config, text_only=True)


def _read(family: Family, keys: Keys, name: str) -> Architecture:
    """What a family makes of a file whose values may contradict each other in any way."""
    try:
        return family.read(keys)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InvalidInputError(
            f"config.json cannot be read as a {name}",
            cause=f"some of its values contradict each other, or are no numbers: {error}",
            fix="use the config.json that lies beside the checkpoint",
        ) from error
