"""The accuracy page's figures: golden rows counted by what they have in common, and headlines."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from scripts.golden.rows import DATA
from scripts.golden.verdicts import caught, false_alarm
from scripts.memory.fit_terms import residuals, source_weights, weighted_quantile
from scripts.memory.runs import TERMS, read_runs
from scripts.page.headline import Headline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from scripts.golden.answers import Answer

WEIGHTS = ("parameter_bytes", "buffer_bytes")
KV_CACHE = ("block_size", "bytes_per_block", "blocks_per_request", "num_blocks")
PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Golden rows that have something in common: how many there are, how many come out right."""

    accepted: int
    exact: int
    weights: int
    kv_cache: int
    rejected: int
    caught: int
    alarms: int

    @classmethod
    def of(cls, answers: Iterable[Answer]) -> Count:
        """Count some answers."""
        answers = list(answers)
        accepted = [answer for answer in answers if answer.row.accepted]
        rejected = [answer for answer in answers if not answer.row.accepted]
        return cls(
            accepted=len(accepted),
            exact=sum(not answer.wrong for answer in accepted),
            weights=sum(not set(WEIGHTS) & set(answer.wrong) for answer in accepted),
            kv_cache=sum(not set(KV_CACHE) & set(answer.wrong) for answer in accepted),
            rejected=len(rejected),
            caught=sum(map(caught, rejected)),
            alarms=sum(map(false_alarm, accepted)),
        )


def share(part: int, whole: int) -> float:
    """Percent; 100 of nothing."""
    return PERCENT * part / whole if whole else float(PERCENT)


def grouped(answers: Iterable[Answer], key: Callable[[Answer], str]) -> dict[str, Count]:
    """The counts of every group, by name."""
    groups: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        groups[key(answer)].append(answer)
    return {name: Count.of(groups[name]) for name in sorted(groups, key=str.lower)}


def architectures(answers: Sequence[Answer]) -> dict[str, Count]:
    """By model class, as vLLM resolves it; a rejected row has the class of the model's others."""
    of_model = {a.row.model: a.row.architecture for a in answers if a.row.accepted}
    return grouped(answers, lambda a: of_model.get(a.row.model, "(no layout accepted)"))


def headlines(answers: Sequence[Answer]) -> list[Headline]:
    """What is promised of golden rows and of memory terms; values rounded as the page has them."""
    whole = Count.of(answers)
    classes = [count for count in architectures(answers).values() if count.accepted]
    lowest = min(share(count.exact, count.accepted) for count in classes)
    # reached, so that the goal is the limit
    reached = {
        "weights exact": (share(whole.weights, whole.accepted), 99),
        "KV cache exact": (share(whole.kv_cache, whole.accepted), 99),
        "all figures exact": (share(whole.exact, whole.accepted), 99),
        "all figures exact, worst model class": (lowest, 95),
        "refusals caught by the right rule": (share(whole.caught, whole.rejected), 98),
    }
    alarms = round(share(whole.alarms, whole.accepted), 2)
    return [
        *(
            Headline(name=f"golden rows: {name}, %", value=round(value, 2), goal=goal, limit=goal)
            for name, (value, goal) in reached.items()
        ),
        Headline(
            name="golden rows: false alarms, %",
            value=alarms,
            goal=0.5,
            limit=0.5,
            higher_is_better=False,
        ),
        *(_term(name) for name in TERMS),
    ]


def _term(name: str) -> Headline:
    """The median error of a memory term, every source weighing the same."""
    rows = residuals(read_runs(), name)
    weights = source_weights([row.run.source for row in rows])
    error = weighted_quantile([abs(row.error) for row in rows], weights, 0.5)
    return Headline(
        name=f"{name.replace('_', '-')}: median error, %",
        value=round(PERCENT * error, 2),
        higher_is_better=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptions:
    """Why rows do not come out as vLLM's, from ``exceptions.toml``: first match holds."""

    entries: Sequence[Mapping[str, str]]

    @classmethod
    def read(cls) -> Exceptions:
        """Those of the data."""
        text = (DATA / "exceptions.toml").read_text(encoding="utf-8")
        return cls(entries=tomllib.loads(text).get("exception", []))

    def reason(self, answer: Answer) -> str | None:
        """The reason of a row; None where nobody has explained it."""
        return next(
            (e["reason"] for e in self.entries if fnmatchcase(answer.row.name, e["rows"])), None
        )


def off(answers: Iterable[Answer]) -> list[Answer]:
    """Every answer that is not vLLM's."""
    return [
        answer
        for answer in answers
        if (answer.wrong or false_alarm(answer) if answer.row.accepted else not caught(answer))
    ]
