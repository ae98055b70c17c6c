"""One deployment that somebody described, whatever the file or command it came from."""

from __future__ import annotations

import shlex
from dataclasses import field
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.finding import Location
from planner.frozen import frozen
from planner.targets.document import Word
from planner.vllm.command import OptionValueError, read_command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.goal import Goal
    from planner.targets.container import Container
    from planner.targets.document import Document
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.command import ServeCommand, UnknownOption
    from planner.workload import Workload

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
    workload: Workload | None = None
    """The load it was made for, where it says so."""
    goal: Goal | None = None
    """What it was chosen by, where it says so."""
    part: str = ""
    """Which part of a file that describes several: ``services.chat``, ``Deployment/chat``."""
    container: Container | None = None
    """What surrounds the server, where the file says so."""
    places: Mapping[str, Location] = field(default_factory=dict)
    """Where an option is fixed, by its name."""
    words: tuple[tuple[Word, ...], ...] = ()
    """What each of the commands was read from; those that its kind of file implies have no line."""
    text: str = ""
    """All of the file; of a command that was typed, its line in a shell."""

    @property
    def typed(self) -> str:
        """As one names it to ``planner validate``."""
        return "-- vllm serve …" if self.name == COMMAND_LINE else shlex.quote(self.name)

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
        """Variables set for the first host: of its container, and before its command."""
        given = self.container.variables if self.container else {}
        known = {name: each.value for name, each in given.items() if each.value is not None}
        return {**known, **self.commands[0].environment}

    @property
    def unknown(self) -> tuple[UnknownOption, ...]:
        """Options that this release of vLLM does not take."""
        return self.commands[0].unknown

    @property
    def configs(self) -> tuple[str, ...]:
        """The files that ``--config`` brought its options from."""
        files = (word.file for words in self.words for word in words)
        return tuple(dict.fromkeys(file for file in files if file))

    @property
    def notes(self) -> tuple[str, ...]:
        """What of it is not read, in sentences."""
        config = self.commands[0].config
        if config is None or self.configs:
            return ()
        return (f"{self.name}: {config} of --config is not read, only a file beside it would be",)

    @property
    def place(self) -> Location:
        """Where it stands in its file, as closely as is known."""
        places = self.container.places if self.container else {}
        return places.get("") or Location(file=self.name)

    def location(self, option: str) -> Location | None:
        """Where an option is fixed, as far as the target says."""
        return self.places.get(option)


def read_words(
    file: str, words: Sequence[Word], version: str | None, before: Sequence[str] = ()
) -> ServeCommand:
    """The command that words of a file are.

    ``before`` are words of it that stand nowhere in the file.

    Raises:
        UsageError: no vLLM server in it.
        InvalidInputError: an option's value cannot be read.
    """
    try:
        return read_command([*before, *(word.text for word in words)], version)
    except OptionValueError as error:
        word = words[max(error.index - len(before), 0)]
        place = f", line {word.line}" if word.line else ""
        raise InvalidInputError(
            f"{word.file or file}{place}: {error.message}",
            cause=error.cause,
            fix=error.fix,
            line=None if word.file else word.line,
            column=None if word.file else word.column,
        ) from None


def target_of(
    document: Document,
    words: Sequence[Word],
    container: Container,
    version: str | None,
    *,
    part: str = "",
    gpus: tuple[str, ...] = (),
    program: Sequence[str] | None = None,
) -> Target:
    """The deployment of one server.

    Args:
        document: that it stands in.
        words: of the server's command.
        container: what surrounds it.
        version: the release whose options count, where somebody named one.
        part: which of several servers of the document it is.
        gpus: the cluster that the document names.
        program: what stands before the words; ``vllm serve`` by default.

    Raises:
        PlannerError: an option's value cannot be read.
    """
    before = ("vllm", "serve") if program is None else tuple(program)
    command = read_words(document.name, words, version or container.release, before)
    kind, name = document.at("kind"), document.at("metadata", "name")
    resource = f"{kind}/{name or '?'}" if kind else ""
    return Target(
        name=document.name,
        part=f"{resource} {part}".strip(),
        commands=(command,),
        gpus=gpus,
        vllm_version=container.release,
        container=container,
        places=option_places(document.name, command, words, skipped=len(before)),
        words=((*(Word(text=each) for each in before), *words),),
    )


def option_places(
    file: str, command: ServeCommand, words: Sequence[Word], skipped: int = 0
) -> dict[str, Location]:
    """Where the options of a command stand, of the words that it was read from.

    ``skipped`` words of the command stand nowhere in the file.
    """
    found = {option: n - skipped for option, n in command.places.items()}
    return {
        option: Location(file=words[n].file or file, line=words[n].line, column=words[n].column)
        for option, n in found.items()
        if 0 <= n < len(words)
    }
