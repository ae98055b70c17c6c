"""Files and folders of the host that a command names."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from planner.vllm.command import program, read_command
from planner.vllm.flags import known
from planner.vllm.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: options that name something to read. Source: vllm.engine.arg_utils,
#: vllm.entrypoints.common.cli_args (0.33.0)
_READ = frozenset(
    {
        "--allowed-local-media-path",
        "--chat-template",
        "--config",
        "--generation-config",
        "--hf-config-path",
        "--lora-modules",
        "--model",
        "--reasoning-parser-plugin",
        "--speculative-config",
        "--ssl-ca-certs",
        "--ssl-certfile",
        "--ssl-keyfile",
        "--tokenizer",
        "--tool-parser-plugin",
    }
)
_SERVED_NAME = "--served-model-name"
_WRITTEN = frozenset({"--download-dir"})


def read_paths(argv: Sequence[str], version: str) -> tuple[str, ...]:
    """Absolute paths that a server reads: the model, adapters, templates, keys."""
    model = read_command(argv, version).model
    return _absolute([model] if model else [], _named(argv, version, _READ))


def written_paths(argv: Sequence[str], version: str) -> tuple[str, ...]:
    """Absolute paths that a server writes to."""
    return _absolute([], _named(argv, version, _WRITTEN))


def rooted(argv: Sequence[str], version: str) -> tuple[str, ...]:
    """The command with what lies in this folder by absolute paths: it may be started elsewhere.

    As vLLM has it, a name is a path if there is such a file; else it is an id of the hub. What
    requests name as their model stays as it was.
    """
    start, positional = program(argv)
    words = list(argv)
    found = tokens(argv[start:], known(version))
    alone = [token for token in found if not token.is_option][: 1 if positional else 0]
    flagged = [t for t in found if t.spelling and t.spelling.flag in _READ | _WRITTEN]
    places = [start + t.index for t in alone]
    places += [start + t.index + 1 + n for t in flagged for n in range(len(t.values))]
    for place in places:
        # a value behind an equals sign stands in the word of its flag
        if place < len(words) and not words[place].startswith(("/", "{", "-")):
            words[place] = (
                str(Path(words[place]).absolute()) if _exists(words[place]) else words[place]
            )
    model = read_command(argv, version).model
    if model and model not in words and not any(t.typed == _SERVED_NAME for t in found):
        words += [_SERVED_NAME, model]
    return tuple(words)


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # longer than a path may be, or a zero byte
        return False


def _named(argv: Sequence[str], version: str, flags: frozenset[str]) -> list[str]:
    """What follows some options: plain, after ``name=``, or within JSON."""
    start, _ = program(argv)
    found = [t for t in tokens(argv[start:], known(version)) if t.spelling]
    values = [v for t in found if t.spelling and t.spelling.flag in flags for v in t.values]
    return [name for value in values for name in _texts(value)]


def _texts(value: str) -> Iterator[str]:
    yield value
    if value.startswith(("{", "[")):
        try:
            yield from _leaves(json.loads(value))
        except ValueError:
            return
    else:
        yield value.partition("=")[2]


def _leaves(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)


def _absolute(first: list[str], more: list[str]) -> tuple[str, ...]:
    """Each absolute path once; what lies below another that is there comes with it."""
    paths = dict.fromkeys(p for p in (*first, *more) if p.startswith("/") and p.strip("/"))
    return tuple(
        path
        for path in paths
        if not any(PurePosixPath(other) in PurePosixPath(path).parents for other in paths)
    )
