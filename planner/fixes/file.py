"""A target's file, and the commands that stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.fixes.carriers.base import CannotEditError
from planner.fixes.command import Written, in_script, in_yaml
from planner.fixes.nodes import Nodes, read_nodes
from planner.fixes.options import option_changes
from planner.fixes.plan_file import is_plan, plan_changes
from planner.frozen import frozen
from planner.targets.target import COMMAND_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.fixes.text import Change
    from planner.targets.target import Target


@frozen
class File:
    """What a repair is made in.

    Attributes:
        target: the deployment; nodes: of its file, None for a shell's text.
    """

    target: Target
    nodes: Nodes | None

    @classmethod
    def of(cls, target: Target) -> File:
        """The file of a target.

        Raises:
            CannotEditError: it is JSON, or no YAML after all.
        """
        if target.text.startswith("#!") or target.name == COMMAND_LINE:
            return cls(target=target, nodes=None)
        nodes = read_nodes(target.text)
        if nodes is None or target.name.endswith(".json"):
            raise CannotEditError("edited are YAML files and scripts")
        return cls(target=target, nodes=nodes)

    def commands(self) -> list[Written]:
        """Its commands, host by host.

        Raises:
            CannotEditError: one is not written as it is read.
        """
        if not self.target.words:
            raise CannotEditError("it holds no command")
        if self.nodes is None:
            return in_script(self.target.text, self.target.words)
        return in_yaml(self.nodes, self.target.words)

    def option_changes(
        self, options: Mapping[str, Sequence[str]], version: str | None
    ) -> Iterator[Change]:
        """Changes of all its commands; of a plan, wherever it tells an option.

        Raises:
            CannotEditError: one of them cannot be made.
        """
        for written in self.commands():
            yield from option_changes(written, options, version)
        if self.nodes is not None and is_plan(self.nodes):
            yield from plan_changes(self.nodes, options, version)
