"""The variables that vLLM reads, and the releases that read each."""

from __future__ import annotations

from dataclasses import field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.vllm.spans import LAST_PATCH, ReleaseNumber, Spans, judged_by, release_number

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = Path(__file__).parent / "variables.toml"


@frozen
class VariableTable:
    """The variables of all releases that were read: name -> the releases."""

    read: tuple[ReleaseNumber, ...] = ()
    rows: Mapping[str, Spans] = field(default_factory=dict)

    def known(self, release: str) -> frozenset[str]:
        """Those that a release reads; of one that was not itself read, what its neighbours do.

        Without a patch, as an image's tag is read, what any patch does. None before the first
        that was read: nothing is known of it.
        """
        asked = release_number(release, LAST_PATCH)
        if not self.read or asked < self.read[0]:
            return frozenset()
        near = judged_by(asked, self.read)
        if asked[2] == LAST_PATCH:
            near = tuple(each for each in self.read if each[:2] == asked[:2]) or near
        return frozenset(name for name, spans in self.rows.items() if spans.holds(near))


def read_table(text: str) -> VariableTable:
    """The table that a data file holds."""
    import tomllib  # a help page needs no table

    data = tomllib.loads(text)
    rows = (line.split() for line in data.get("variables", "").splitlines() if line)
    return VariableTable(
        read=tuple(map(release_number, data.get("read", "").split())),
        rows={name: Spans.of(spans) for name, spans in rows},
    )


@cache
def variables() -> VariableTable:
    """The variables of every release that was read.

    Source: vllm.envs.environment_variables
    """
    return read_table(_FILE.read_text(encoding="utf-8"))
