"""One deployment that somebody described, whatever the file or command it came from."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from planner.finding import Location
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.vllm.arguments import VllmArguments
    from planner.vllm.command import ServeCommand, UnknownOption


@frozen
class Target:
    """A deployment to judge; all its ``vllm serve`` commands, host by host.

    Commands of one deployment differ only in what makes a host this or that host.
    """

    name: str
    """The file, or ``command line``."""
    commands: tuple[ServeCommand, ...]
    gpus: tuple[str, ...] = ()
    """Clusters it names, as ``--gpus`` takes them; empty where it names none."""
    memory_taken: int | None = None
    """Bytes of each GPU that other processes hold, where it says so."""
    vllm_version: str | None = None
    """The release it was made for, where it says so."""
    words: tuple[str, ...] = ()
    """The words of a command line, for pointing at one."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line of a key in a file, by its path with dots."""

    @property
    def model(self) -> str | None:
        """What is served."""
        return self.commands[0].model

    @property
    def revision(self) -> str | None:
        """The model's revision."""
        return self.commands[0].revision

    @property
    def arguments(self) -> VllmArguments:
        """The options on the first host."""
        return self.commands[0].arguments

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables set for the first host."""
        return self.commands[0].environment

    @property
    def unknown(self) -> tuple[UnknownOption, ...]:
        """Options that this release of vLLM does not take."""
        return self.commands[0].unknown

    def location(self, option: str) -> Location | None:
        """Where an option is fixed: a column of a command line, else a line of a file."""
        place = self.commands[0].places.get(option)
        if self.words and place is not None:
            before = sum(len(word) + 1 for word in self.words[:place])
            return Location(file=self.name, line=1, column=before + 1)
        if not self.lines:
            return None
        key = f"layouts.0.vllm_args.--{option.replace('_', '-')}"
        return Location(file=self.name, line=self.lines.get(key), path=key)
