"""How long requests are: kinds that have a name, and files of a user's own requests."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from planner.errors import InvalidInputError, UnknownNameError, nearest
from planner.frozen import frozen

_NAMED = Path(__file__).parent / "workloads.toml"
_KEYS = ("input_tokens", "output_tokens")
#: more say nothing more of how lengths spread
_MOST_REQUESTS = 10_000
_MOST_BYTES = 8 * 1024**2
#: no context is longer
LONGEST_TOKENS = 100_000_000


@frozen
class Lengths:
    """Requests of different lengths."""

    name: str
    """As typed: a kind of requests, or a file."""
    source: str
    requests: tuple[tuple[int, int], ...]
    """Tokens in and out of each."""

    @property
    def means(self) -> tuple[int, int]:
        """Tokens in and out, on average."""
        inputs, outputs = zip(*self.requests, strict=True)
        count = len(self.requests)
        return max(round(sum(inputs) / count), 1), max(round(sum(outputs) / count), 1)

    @property
    def longest(self) -> int:
        """Tokens of the longest request, prompt and answer."""
        return max(map(sum, self.requests))

    @property
    def told(self) -> str:
        """What an answer says of them."""
        inputs, outputs = self.means
        return (
            f"workload {self.name}: {inputs:,} tokens in and {outputs:,} out on average, "
            f"{self.longest:,} in the longest request ({self.source})"
        )


@cache
def named() -> dict[str, Lengths]:
    """The kinds of requests that have a name."""
    kinds = tomllib.loads(_NAMED.read_text(encoding="utf-8"))
    return {
        name: Lengths(
            name=name,
            source=f"{kind['about']}; {kind['source']}",
            requests=tuple((inputs, outputs) for inputs, outputs in kind["requests"]),
        )
        for name, kind in kinds.items()
    }


def lengths_of(typed: str) -> Lengths:
    """The lengths of a kind of requests, or of a file with an object a line.

    Raises:
        UnknownNameError: no kind and no file is called so.
        InvalidInputError: the file is no such file; its line is named.
    """
    if typed in named():
        return named()[typed]
    path = Path(typed)
    if not path.suffix and not path.exists():
        like = nearest(typed, named()) or list(named())
        raise UnknownNameError(
            f"no workload is called {typed}",
            fix=f"--workload {' or '.join(like)}, or a .jsonl file of requests",
        )
    return _read(path)


def _read(path: Path) -> Lengths:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(f"cannot read {path}", cause=cause) from error
    lines = [(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]
    if len(content) > _MOST_BYTES or len(lines) > _MOST_REQUESTS:
        raise InvalidInputError(
            f"{path} has more than {_MOST_REQUESTS:,} requests, or {_MOST_BYTES:,} bytes",
            cause="a sample tells as much",
            fix=f"shuf -n {_MOST_REQUESTS} {path} > sample.jsonl",
        )
    if not lines:
        raise InvalidInputError(f"{path} has no requests", fix=f"a line for each: {_example()}")
    requests = tuple(_request(path, number, line) for number, line in lines)
    return Lengths(name=str(path), source=f"{len(requests):,} requests", requests=requests)


def _request(path: Path, number: int, line: bytes) -> tuple[int, int]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise _wrong(path, number, "is not JSON") from None
    if not isinstance(found, dict):
        raise _wrong(path, number, "is no object")
    inputs, outputs = (_tokens(found.get(key)) for key in _KEYS)
    if inputs is None or outputs is None:
        key = _KEYS[0] if inputs is None else _KEYS[1]
        raise _wrong(path, number, f"has no whole number of 1 or more in {key}")
    return inputs, outputs


def _tokens(value: Any) -> int | None:  # noqa: ANN401 - whatever JSON holds
    """A number of tokens; None for what is none."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 1 <= value <= LONGEST_TOKENS else None


def _wrong(path: Path, number: int, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"line {number} of {path} {what}", fix=f"a line for each request: {_example()}", line=number
    )


def _example() -> str:
    return json.dumps(dict(zip(_KEYS, (1024, 256), strict=True)))
