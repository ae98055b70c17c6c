"""What an option of vLLM is: its spellings, and what reads its text."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from planner.frozen import frozen
from planner.vllm import values

if TYPE_CHECKING:
    from collections.abc import Callable

#: what follows an option: nothing; nothing, and no inverse turns it off; perhaps one value;
#: one value; one or more
Kind = Literal["switch", "on", "optional", "value", "list"]


@frozen
class Option:
    """One option of vLLM."""

    name: str
    """vLLM's name with underscores: the field of ``VllmArguments``."""
    flags: tuple[str, ...]
    """Every spelling, the long one first."""
    kind: Kind
    group: str
    help: str
    read: Callable[[str], Any]
    """From one typed value; raises ``ValueError`` with the reason."""

    @property
    def flag(self) -> str:
        """The spelling that commands are written with."""
        return self.flags[0]


def option(
    group: str,
    help_text: str,
    read: Callable[[str], Any] | None = None,
    *short: str,
    kind: Kind = "value",
) -> Any:  # noqa: ANN401 - as dataclasses.field, whose stead it takes
    """A field that holds an option with a value."""
    metadata = {"group": group, "help": help_text, "read": read or values.text}
    return field(default=None, metadata={**metadata, "short": short, "kind": kind})


def switch(group: str, help_text: str, *short: str, kind: Kind = "switch") -> Any:  # noqa: ANN401
    """A field that holds an option without one."""
    return option(group, help_text, None, *short, kind=kind)
