"""Many files in one run: what they describe, and which of them could not be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError, PlannerError, UsageError
from planner.frozen import frozen
from planner.targets.comments import suppressions
from planner.targets.files import documents_of, read_documents, text_of
from planner.targets.read import command_target, file_targets
from planner.targets.target import COMMAND_LINE
from planner.targets.walk import NamedFile, files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.targets.comments import Suppression
    from planner.targets.document import Document
    from planner.targets.target import Target


@frozen
class Failure:
    """A file that could not be read, and why."""

    name: str
    error: PlannerError


@frozen
class Reading:
    """What was read.

    Attributes:
        targets: the deployments.
        failures: files that could not be read.
        suppressions: comments of the files that ask for silence.
        searched: files were looked for, not only named.
        notes: what was passed over.
        version: whose options count; otherwise: whose, where a target names none either.
    """

    targets: tuple[Target, ...] = ()
    failures: tuple[Failure, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    searched: bool = False
    notes: tuple[str, ...] = ()
    version: str | None = None
    otherwise: str | None = None


def read_all(
    typed: Sequence[str],
    command: Sequence[str] = (),
    *,
    version: str | None = None,
    otherwise: str | None = None,
) -> Reading:
    """The deployments of files, folders and patterns, and the one of a command.

    One file that cannot be read does not keep the others from being judged; nothing that runs
    vLLM in a search is an error, and so is a lone file that cannot be read.

    Args:
        typed: files, folders and patterns.
        command: the words of ``vllm serve …``, or all of it as one word.
        version: whose options to know; a target's own by default.
        otherwise: whose, where a target names none either; else the newest release.

    Raises:
        PlannerError: there is nothing to judge.
    """
    named = files(typed)
    reader = _Reader(version, otherwise)
    for file in named:
        reader.read(file)
    searched = any(not file.explicit for file in named) or (bool(typed) and not named)
    if len(named) == 1 and not searched and reader.failures and not reader.targets:
        raise reader.failures[0].error
    targets = [
        *_once(reader.targets, named),
        *([command_target(command, version or otherwise)] if command else []),
    ]
    if searched and not targets and not reader.failures:
        raise UsageError(
            f"{' '.join(typed)}: nothing there runs vLLM",
            cause="; ".join(reader.notes()),
            fix="name the files themselves: each then says why it is not read",
        )
    return Reading(
        targets=tuple(targets),
        failures=tuple(reader.failures),
        suppressions=tuple(dict.fromkeys(reader.suppressions)),
        searched=searched,
        notes=reader.notes(),
        version=version,
        otherwise=otherwise,
    )


def _once(targets: Sequence[Target], named: Sequence[NamedFile]) -> list[Target]:
    """Without files that were only found, and whose options count in a command that names them."""
    brought = {name for target in targets for name in target.configs if name != target.name}
    brought -= {file.name for file in named if file.explicit}
    return [target for target in targets if target.name not in brought]


def reread(earlier: Reading, name: str, text: str) -> Reading:
    """One of the files of a run alone, or the command that was typed, with another text.

    Raises:
        PlannerError: it cannot be read any more.
    """
    reader = _Reader(earlier.version, earlier.otherwise)
    if name == COMMAND_LINE:
        reader.targets.append(command_target([text], earlier.version or earlier.otherwise))
    else:
        reader.keep(NamedFile(name=name), documents_of(name, text))
    return replace(
        earlier,
        targets=tuple(reader.targets),
        failures=tuple(reader.failures),
        suppressions=tuple(reader.suppressions),
        # what is wrong with it is then a finding
        searched=True,
        notes=(),
    )


class _Reader:
    """Reads one file after the other, and keeps what became of each."""

    def __init__(self, version: str | None, otherwise: str | None) -> None:
        self.targets: list[Target] = []
        self.failures: list[Failure] = []
        self.suppressions: list[Suppression] = []
        self._version, self._otherwise = version, otherwise
        self._without_vllm = 0
        self._templates = 0

    def read(self, file: NamedFile) -> None:
        """Keep the deployments of a file, or why there are none."""
        try:
            documents = read_documents(file.name)
        except PlannerError as error:
            self._unreadable(file, error)
        else:
            self.keep(file, documents)

    def keep(self, file: NamedFile, documents: Sequence[Document]) -> None:
        """Keep the deployments of a file that was read."""
        failed: list[Failure] = []
        try:
            found = self._found(documents, explicit=file.explicit)
        except PlannerError as error:
            # of a kind that is known: whoever looked for it wants to hear of it
            found, failed = self._one_by_one(documents)
            failed = failed or [Failure(name=file.name, error=error)]
        self.failures += failed
        if found:
            self.targets += found
            self.suppressions += suppressions(file.name, documents[0].text)
            for name in sorted({name for target in found for name in target.configs} - {file.name}):
                self.suppressions += suppressions(name, text_of(name))
        elif not failed:
            self._without_vllm += 1

    def _one_by_one(self, documents: Sequence[Document]) -> tuple[list[Target], list[Failure]]:
        """What the documents of a file hold where one of them cannot be understood."""
        found: list[Target] = []
        failed: list[Failure] = []
        for document in documents:
            try:
                found += self._found((document,), explicit=False)
            except PlannerError as error:
                failed.append(Failure(name=document.name, error=error))
        return found, failed

    def _found(self, documents: Sequence[Document], *, explicit: bool) -> list[Target]:
        found = file_targets(documents, self._version, explicit=explicit)
        if self._version or not self._otherwise or all(t.vllm_version for t in found):
            return found
        again = file_targets(documents, self._otherwise, explicit=explicit)
        return [own if own.vllm_version else other for own, other in zip(found, again, strict=True)]

    def _unreadable(self, file: NamedFile, error: PlannerError) -> None:
        text = "" if file.explicit else _text(file.name)
        if not file.explicit and "{{" in text:
            self._templates += 1
        elif file.explicit or "vllm" in text.lower():
            self.failures.append(Failure(name=file.name, error=error))
        else:
            self._without_vllm += 1

    def notes(self) -> tuple[str, ...]:
        """What was passed over, in sentences."""
        counts = {
            "no vLLM": self._without_vllm,
            "a template, to be rendered first (helm template)": self._templates,
        }
        return tuple(
            f"{count} {'file' if count == 1 else 'files'} skipped: {why}"
            for why, count in counts.items()
            if count
        )


def _text(name: str) -> str:
    """All of a file, or nothing where it is no text that is read here."""
    try:
        return text_of(name)
    except InvalidInputError:
        return ""
