"""The accuracy page as Markdown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from scripts.golden.answers import FIGURES
from scripts.golden.rows import BOARDS
from scripts.golden.verdicts import REFUSALS, caught, false_alarm, refusal
from scripts.markdown import table
from scripts.page.figures import (
    Count,
    Exceptions,
    architectures,
    grouped,
    off,
    share,
)
from scripts.page.headline import COLUMNS
from scripts.page.held_out_classes import class_section, held_out
from scripts.page.terms import terms
from scripts.starts.accuracy import log_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scripts.golden.answers import Answer
    from scripts.page.headline import Headline
    from scripts.starts.figures import LogAnswer

NOTICE = "<!-- Written by scripts/accuracy.py (make accuracy); do not edit. -->"
_INTRODUCTION = """
# Accuracy

Four questions: does the planner say what vLLM's own code says, do its memory terms match what was
measured, is its whole answer what people saw when they started vLLM, and are its servers as fast as
measured ones? All are answered from data
in `tests/data`. Goals stand beside what is reached; CI lets no figure of this table get worse than
it is here, nor pass its limit.
"""
_GOLDEN = """
A golden row is one layout of one model on one kind of GPU, with what vLLM 0.33.0's own code built
or raised (`tests/data/oracle/README.md`). An accepted row is exact when parameter bytes, buffer
bytes, block size, bytes per block, blocks per request, longest context and the blocks of 400 GiB
are all vLLM's, to the byte and on every pipeline stage.

Three things to know. One made-up host holds all GPUs of a row, so that capacity and placement are
not judged here. FlashInfer was not installed where vLLM answered, and is taken as absent: with it,
which is usual, vLLM takes other kernels on compute capability 10.x, whose blocks hold another
number of tokens. Weights of rows with `--quantization` are compared in 16 bits, because vLLM
builds those and quantizes each as it is read.
"""
_STARTS = """
Whole answers held against starts of vLLM that people published, and our own on H200
(`tests/data/logs_public/README.md`). One rule decides what is in, and it asks for facts, never for
the answer. Every source weighs the same: one report holds a third of the rows. The planner is
judged by releases from 0.11 on where nothing is assumed. Its formulas were worked out with these
rows in sight, so this is no forecast for new starts.

Weights are what `Model loading took` prints, half of its last digit forgiven; capacity is the KV
cache's tokens, or its concurrency where no tokens are printed, from 0.17 on. A verdict is right
when the more likely outcome came about. Where rows are grouped, the columns weights, capacity and
verdicts count rows, and those beside them are percent: within 0.1 and 1 % of the weights, the
median error and within 3 % of the capacity, right verdicts.
"""


def page(
    answers: Sequence[Answer],
    starts: Sequence[LogAnswer],
    headlines: Sequence[Headline],
    speed: Iterable[str],
) -> Iterator[str]:
    """Every section."""
    yield from (NOTICE, _INTRODUCTION)
    yield from table(COLUMNS, (each.cells for each in headlines))
    missed = [each for each in headlines if not each.reached]
    yield from ("Goals that are not reached:" if missed else "Every goal is reached.", "")
    yield from (f"- {each.name}: goal {each.goal:g}, reached {each.shown}" for each in missed)
    yield ""
    yield from ("## Golden rows", _GOLDEN)
    yield from (f"{len(answers):,} rows of {len({a.row.model for a in answers})} models.", "")
    yield from _by_figure(answers)
    accepted = [each for each in answers if each.row.accepted]
    yield from _counts("file", grouped(answers, lambda answer: f"`{answer.row.file}.csv`"))
    yield from _counts("number format", grouped(accepted, _format))
    yield from _counts("compute capability", grouped(answers, _board))
    yield from _counts("options", grouped(answers, _options))
    yield from _counts("model class", architectures(answers))
    yield from ("## Verdicts", "", *_verdicts(answers), "## Exceptions", "")
    yield from _exceptions(answers)
    yield from class_section(held_out())
    yield from terms()
    yield from ("## Public starts", _STARTS)
    for title, heads, rows in log_tables(starts):
        yield from (f"### {title}", "")
        yield from table(heads, rows)
    yield from speed


def _by_figure(answers: Sequence[Answer]) -> Iterator[str]:
    accepted = [each for each in answers if each.row.accepted]
    wrong = Counter(name for answer in accepted for name in answer.wrong)
    rows = []
    for name in FIGURES:
        right = len(accepted) - wrong[name]
        percent = f"{share(right, len(accepted)):.2f}"
        rows.append([name.replace("_", " "), f"{right:,}", f"{len(accepted):,}", percent])
    yield from table(["figure", "exact", "accepted rows", "percent"], rows)


def _format(answer: Answer) -> str:
    row = answer.row
    return row.quantization or row.dtype


def _board(answer: Answer) -> str:
    capability = answer.row.capability
    return f"{capability // 10}.{capability % 10} ({BOARDS[capability]})"


def _options(answer: Answer) -> str:
    row = answer.row
    words = [f"`--{n.replace('_', '-')}` {v}" for n, v in row.arguments.items()]
    words += [word for word, on in (("DP", row.dp > 1), ("EP", row.ep), ("DCP", row.dcp > 1)) if on]
    return ", ".join(words) or "(none)"


def _counts(title: str, groups: Mapping[str, Count]) -> Iterator[str]:
    columns = [title, "accepted", "exact", "%", "weights %", "KV cache %", "rejected", "caught"]
    rows = []
    for name, count in groups.items():
        exact = (count.exact, count.weights, count.kv_cache)
        percents = [
            f"{share(part, count.accepted):.1f}" if count.accepted else "" for part in exact
        ]
        rejected = [str(count.rejected), str(count.caught)] if count.rejected else ["", ""]
        rows.append([name, str(count.accepted), str(count.exact), *percents, *rejected])
    yield from (f"### By {title}", "")
    yield from table(columns, rows)


def _verdicts(answers: Sequence[Answer]) -> Iterator[str]:
    kinds = [(a, refusal(a.row.error)) for a in answers if not a.row.accepted]
    rows = []
    for kind in REFUSALS:
        of_kind = [answer for answer, found in kinds if found is kind]
        right = sum(map(caught, of_kind))
        rows.append([kind.says, ", ".join(kind.codes), str(len(of_kind)), str(right), kind.why])
    yield from table(["vLLM's error", "rule", "rows", "caught", "why that rule"], rows)
    alarms = Counter(a.codes or (a.refusal,) for a in answers if false_alarm(a))
    if alarms:
        yield from ("Accepted rows that the planner refuses in vLLM's name, or cannot read:", "")
        for codes, count in sorted(alarms.items()):
            yield f"- {', '.join(codes)}: {count}"
        yield ""
    else:
        yield from ("No row that vLLM accepts is refused in its name.", "")


def _exceptions(answers: Sequence[Answer]) -> Iterator[str]:
    known = Exceptions.read()
    rows = [[a.row.name, _difference(a), known.reason(a) or "unexplained"] for a in off(answers)]
    if not rows:
        yield from ("None.", "")
        return
    yield from table(["row", "what differs", "why"], rows)


def _difference(answer: Answer) -> str:
    if not answer.row.accepted:
        return f"not caught: {answer.row.error.strip()[:60]}"
    if answer.refusal or answer.codes:
        return answer.refusal or ", ".join(answer.codes)
    parts = []
    for name in answer.wrong:
        ours, theirs = answer.figures.get(name), getattr(answer.row, name)
        parts.append(f"{name.replace('_', ' ')} {_plain(ours)}, vLLM {_plain(theirs)}")
    return "; ".join(parts)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return "+".join(f"{part:,}" for part in value)
    return f"{value:,}" if isinstance(value, int) else "none"
