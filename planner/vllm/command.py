"""Read a ``vllm serve`` command that somebody else wrote."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import suppress
from dataclasses import field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from planner.errors import UsageError, nearest
from planner.frozen import frozen
from planner.vllm.arguments import OPTIONS, VllmArguments
from planner.vllm.flags import known
from planner.vllm.tokens import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.vllm.option import Option

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
#: modules whose ``python -m`` starts the same server
_MODULES = {"vllm.entrypoints.openai.api_server", "vllm.entrypoints.launchers.api_server.entry"}
_FALSE = {"false", "0"}
#: options that tell hosts apart: a file leaves them to a variable, and nothing rests on them
_OF_A_HOST = frozenset(
    {
        "node_rank", "master_port", "data_parallel_rank", "data_parallel_start_rank",
        "data_parallel_rpc_port",
    }
)  # fmt: skip
#: options that say what is served, not how
_SUBJECT = ("--model", "--revision", "--config")


class OptionValueError(UsageError):
    """A value that vLLM could not read; ``index`` is the option's word, from 0."""

    def __init__(self, message: str, *, cause: str, fix: str, index: int) -> None:
        super().__init__(message, cause=cause, fix=fix)
        self.index = index


@frozen
class UnknownOption:
    """A flag or word that this release of vLLM does not take."""

    flag: str
    values: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    """The known flags most like it, best first."""


@frozen
class ServeCommand:
    """One ``vllm serve`` command, taken apart."""

    model: str | None = None
    revision: str | None = None
    config: str | None = None
    """The YAML file that ``--config`` names; not read here."""
    arguments: VllmArguments = field(default_factory=VllmArguments)
    unknown: tuple[UnknownOption, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    """Assignments before the command: ``VLLM_PP_LAYER_PARTITION=31,30 vllm serve …``."""
    places: Mapping[str, int] = field(default_factory=dict)
    """Which word of the command fixed an option, by the option's name, or by the flag or word
    where no option is called so; counted from 0."""


def read_command(argv: Sequence[str], version: str | None = None) -> ServeCommand:
    """Take ``vllm serve MODEL …`` or ``python -m vllm.entrypoints.openai.api_server …`` apart.

    Args:
        argv: the words of the command as a shell splits them; a single word is split here.
        version: whose options to know, ``0.33``; the newest release by default.

    Raises:
        UsageError: no vLLM server in it, or an option whose value vLLM could not read.
    """
    words = shlex_split(argv[0]) if len(argv) == 1 else list(argv)
    start, positional = program(words)
    found = tokens(words[start:], known(version))
    found = [_moved(token, start) for token in found]
    alone = [token for token in found if not token.is_option]
    word = alone.pop(0) if alone and positional else None
    named_by = next((t for t in found if t.typed == "--model" and t.values), word)
    subject = {t.typed: t.values[0] for t in found if t.typed in _SUBJECT and t.values}
    named = [t for t in found if t.spelling and t.typed not in _SUBJECT]
    strangers = [t for t in found if t.spelling is None and t.is_option] + alone
    return ServeCommand(
        model=word.typed if word else subject.get("--model"),
        revision=subject.get("--revision"),
        config=subject.get("--config"),
        arguments=arguments_of(named),
        unknown=tuple(_unknown(t, version) for t in sorted(strangers, key=lambda t: t.index)),
        environment=_assignments(words[:start]),
        places=({"model": named_by.index} if named_by else {})
        | {t.typed: t.index for t in strangers}
        | {t.spelling.name: t.index for t in named if t.spelling and t.spelling.name},
    )


def shlex_split(text: str) -> list[str]:
    """Split a command as a POSIX shell does; a newline after a backslash is no word."""
    try:
        return shlex.split(text.replace("\\\n", " "))
    except ValueError as error:
        raise UsageError(f"the command cannot be split into words: {error}") from None


def arguments_of(found: Iterable[Token]) -> VllmArguments:
    """The values of options; of one given twice the last counts, as in vLLM.

    Raises:
        UsageError: a value that vLLM could not read.
    """
    given: dict[str, Any] = {}
    other: list[tuple[str, tuple[str, ...]]] = []
    for token in found:
        if token.spelling is None or token.spelling.name is None:
            other.append((token.typed, token.values))
        elif token.spelling.name not in _OF_A_HOST or not any("$" in v for v in token.values):
            given[token.spelling.name] = _value(token, token.spelling.name, on=token.spelling.on)
    return VllmArguments(**given, other=tuple(other))


def _value(token: Token, name: str, *, on: bool) -> Any:  # noqa: ANN401 - typed by its field
    option = OPTIONS[name]
    if option.kind in {"switch", "on"}:
        # early releases took a word after some switches
        return on and not any(value.lower() in _FALSE for value in token.values)
    try:
        read = tuple(option.read(value) for value in token.values)
    except ValueError as error:
        typed = " ".join(token.values)
        if "$" in typed:
            raise OptionValueError(
                f"{token.typed} {typed}: what the variable holds is not said here",
                cause="it is set elsewhere, and nothing but what was named is read",
                fix=f"set it in the file, or give it a default: {token.typed} ${{NAME:-8}}",
                index=token.index,
            ) from None
        raise OptionValueError(
            f"{token.typed} {typed}: {typed!r} {error}",
            cause=f"{option.flag}: {option.help}",
            fix=_example(option),
            index=token.index,
        ) from None
    return read if option.kind == "list" else read[0]


def _example(option: Option) -> str:
    """The option with a value that it takes."""
    for text in ("8k", "8", "0.9", "auto", '{"key": "value"}'):
        with suppress(ValueError):
            option.read(text)
            return f"for example {option.flag} {shlex.quote(text)}"
    return ""


def program(words: Sequence[str]) -> tuple[int, bool]:
    """Where the options begin, and whether the model stands there without a flag.

    Raises:
        UsageError: no vLLM server in these words.
    """
    for i, word in enumerate(words):
        following = words[i + 1] if i + 1 < len(words) else ""
        if PurePath(word).name == "vllm" and following == "serve":
            return i + 2, True
        if word == "-m" and following in _MODULES:
            return i + 2, False
        if word == "-m" and following == "vllm.entrypoints.cli.main":
            return i + 3, True
    raise UsageError(
        f"no vLLM server in this command: {shlex.join(words)}",
        cause="the planner reads `vllm serve MODEL …` and "
        "`python -m vllm.entrypoints.openai.api_server --model MODEL …`",
        fix="planner validate --gpus GPUS -- vllm serve MODEL …",
    )


def _assignments(words: Iterable[str]) -> dict[str, str]:
    pairs = (word.partition("=") for word in words if _ASSIGNMENT.match(word))
    return {name: value for name, _, value in pairs}


def _moved(token: Token, by: int) -> Token:
    return Token(
        spelling=token.spelling, typed=token.typed, values=token.values, index=token.index + by
    )


def _unknown(token: Token, version: str | None) -> UnknownOption:
    like = nearest(token.typed, known(version), likeness=0.7) if token.is_option else []
    return UnknownOption(flag=token.typed, values=token.values, nearest=tuple(like))


def write_options(options: Mapping[str, Any]) -> list[str]:
    """The words of options given by flag, as a plan's ``vllm_args`` holds them.

    True is the flag alone, False its inverse, None nothing, an object JSON, a list several words.

    >>> write_options({"--tensor-parallel-size": 8, "--enable-prefix-caching": False})
    ['--tensor-parallel-size', '8', '--no-enable-prefix-caching']
    """
    words: list[str] = []
    for flag, value in options.items():
        if value is None:
            continue
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag.removeprefix('--')}")
        elif isinstance(value, (list, tuple)):
            words += [flag, *map(str, value)]
        elif isinstance(value, dict):
            words += [flag, json.dumps(value)]
        elif str(value).startswith("-"):
            # alone it would be read as another option
            words.append(f"{flag}={value}")
        else:
            words += [flag, str(value)]
    return words


def as_options(arguments: VllmArguments) -> dict[str, Any]:
    """Arguments by flag, as a plan's ``vllm_args`` holds them; the ones only passed on last."""
    named = {OPTIONS[name].flag: value for name, value in arguments.given().items()}
    return named | {flag: _passed_on(values) for flag, values in arguments.other}


def _passed_on(values: tuple[str, ...]) -> Any:  # noqa: ANN401 - a switch, a value or a list
    return values[0] if len(values) == 1 else list(values) or True
