"""What the server is to do: how many requests, how long, and how fast."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Literal

from planner.errors import UsageError
from planner.frozen import frozen
from planner.lengths import Lengths, lengths_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Arrival = Literal["steady", "burst"]


@frozen
class Workload:
    """What the server is to do, and how fast."""

    input_tokens: int = 1024
    """Tokens of a prompt."""
    output_tokens: int = 256
    """Tokens of an answer."""
    concurrency: int | None = None
    """Requests in flight at a time; None leaves it open."""
    request_rate: float | None = None
    """Requests a second; None leaves it open."""
    arrival: Arrival = "steady"
    """``burst`` sends all requests at once, as a benchmark does."""
    num_prompts: int | None = None
    """Requests of a burst."""
    ttft_ms: float | None = None
    """Longest wait for the first token that is accepted; None accepts any."""
    tpot_ms: float | None = None
    """Longest wait for each further token that is accepted; None accepts any."""
    prefix_cache_hit_rate: float = 0.0
    """Share of prompt tokens that are the beginning of an earlier prompt."""
    acceptance_rate: float | None = None
    """Chance that a drafted token is accepted; None takes the usual one."""
    lengths: Lengths | None = None
    """Of different requests, whose means the two above are; None: all are alike."""

    @property
    def longest_tokens(self) -> int:
        """Prompt and answer of the longest request."""
        return self.lengths.longest if self.lengths else self.input_tokens + self.output_tokens

    @property
    def notes(self) -> tuple[str, ...]:
        """What an answer says of it."""
        return (self.lengths.told,) if self.lengths else ()


def workload(keywords: Mapping[str, Any]) -> Workload:
    """The workload of keywords spelled as the options; None is not given.

    Raises:
        PlannerError: ``workload`` names no kind of requests and no file, or lengths are said twice.
    """
    given = {key: value for key, value in keywords.items() if value is not None}
    name = given.pop("workload", None)
    if name is None:
        return Workload(**given)
    if fixed := {"input_tokens", "output_tokens"} & given.keys():
        raise UsageError(
            f"workload {name} and {' and '.join(sorted(fixed))} both say how long requests are",
            fix="leave one of them out",
        )
    lengths = lengths_of(str(name))
    inputs, outputs = lengths.means
    return Workload(**given, input_tokens=inputs, output_tokens=outputs, lengths=lengths)


#: fields that say one thing between them, by the options that say it
_SAID_BY = {
    ("input_tokens", "output_tokens", "lengths"): "workload",
    ("input_tokens", "lengths"): "input_tokens",
    ("output_tokens", "lengths"): "output_tokens",
    ("concurrency", "request_rate"): "concurrency",
    ("request_rate", "concurrency"): "request_rate",
}


def with_said(planned: Workload, given: Workload, said: Collection[str]) -> Workload:
    """A plan's load with what was typed beside it: ``said`` are the options of ``given``.

    >>> planned = Workload(concurrency=64, input_tokens=4096, ttft_ms=500)
    >>> with_said(planned, Workload(request_rate=2), {"request_rate"}).concurrency
    >>> with_said(planned, Workload(request_rate=2), {"request_rate"}).input_tokens
    4096
    """
    names = {each.name for each in fields(Workload)} & set(said)
    for several, option in _SAID_BY.items():
        if option in said:
            names |= set(several)
    return replace(planned, **{name: getattr(given, name) for name in names})


def check_workload(asked: Workload) -> None:
    """See that each number makes sense.

    Raises:
        UsageError: one does not; its name is said.
    """
    for name in ("input_tokens", "output_tokens", "concurrency", "num_prompts"):
        value = getattr(asked, name)
        if value is not None and (not isinstance(value, int) or value < 1):
            raise UsageError(f"{name} is {value!r}", fix="give a whole number, 1 or more")
    for name in ("request_rate", "ttft_ms", "tpot_ms"):
        value = getattr(asked, name)
        if value is not None and not 0 < value < float("inf"):
            raise UsageError(f"{name} is {value!r}", fix="give a number above 0")
    if not 0 <= asked.prefix_cache_hit_rate < 1:
        given = asked.prefix_cache_hit_rate
        raise UsageError(f"prefix_cache_hit_rate is {given!r}", fix="a share, from 0 to below 1")
    chance = asked.acceptance_rate
    if chance is not None and not 0 <= chance <= 1:
        raise UsageError(f"acceptance_rate is {chance!r}", fix="a share, from 0 to 1")
