"""One deployment that somebody described, whatever the file or command it came from."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from planner.finding import Location
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.targets.container import Container
    from planner.targets.document import Word
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.command import ServeCommand, UnknownOption

#: the name of a target that was typed, not read
COMMAND_LINE = "command line"


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
    part: str = ""
    """Which part of a file that describes several: ``services.chat``, ``Deployment/chat``."""
    container: Container | None = None
    """What surrounds the server, where the file says so."""
    places: Mapping[str, Location] = field(default_factory=dict)
    """Where an option is fixed, by its name."""
    words: tuple[tuple[Word, ...], ...] = ()
    """What each of the commands was read from; those that its kind of file implies have no line."""
    text: str = ""
    """All of the file."""

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

    @property
    def place(self) -> Location:
        """Where it stands in its file, as closely as is known."""
        places = self.container.places if self.container else {}
        return places.get("") or Location(file=self.name)

    def location(self, option: str) -> Location | None:
        """Where an option is fixed, as far as the target says."""
        return self.places.get(option)


def option_places(
    file: str, command: ServeCommand, words: Sequence[Word], path: str | None = None
) -> dict[str, Location]:
    """Where the options of a command stand, of the words that it was read from."""
    return {
        option: Location(file=file, line=words[n].line, column=words[n].column, path=path)
        for option, n in command.places.items()
        if n < len(words)
    }
