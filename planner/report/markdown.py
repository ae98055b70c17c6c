"""Markdown, for pull requests and wikis."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from planner.report.parts import choice, words
from planner.report.parts.commands import paste, placeholders, where
from planner.report.parts.fixes import fix_words
from planner.report.parts.memory import TERMS, stage_rows
from planner.report.parts.rejected import rejected_groups
from planner.report.parts.safe import without_controls
from planner.units import count_text, gib, gib_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import PurePath

    from planner.finding import Finding
    from planner.plan import (
        Answer,
        Command,
        Layout,
        MathStep,
        Memory,
        ParetoPoint,
        Purchase,
    )
    from planner.report.base import Page

SUFFIXES = (".md", ".markdown")


#: what an answer carries only where it is asked for
NEEDS = ("show_curves",)
_NO_PICTURES: Mapping[str, str] = {}


def render(answer: Answer, page: Page) -> str:
    """The answer as a Markdown document."""
    return _text_of(answer, _NO_PICTURES, page)


def with_pictures(answer: Answer, file: PurePath, page: Page) -> dict[str, str]:
    """The document and the pictures of its best layout as SVG files beside it, by name."""
    # the drawings, which no text needs
    from planner.report.plots.pictures import pictures, words_of
    from planner.report.plots.standalone import standalone

    drawn = {name: (f"{file.stem}-{name}.svg", each) for name, each in pictures(answer).items()}
    shown = {
        name: f"![{_text(words_of(each))}]({quote(beside)})"
        for name, (beside, each) in drawn.items()
    }
    files = {str(file.with_name(beside)): standalone(each) for beside, each in drawn.values()}
    return {str(file): _text_of(answer, shown, page), **files}


def _text_of(answer: Answer, pictures: Mapping[str, str], page: Page) -> str:
    lines = [*_document(answer, pictures), *_made(page)]
    return without_controls("\n".join(lines).rstrip() + "\n")


def _made(page: Page) -> Iterator[str]:
    """How the file is made anew, and when this one was."""
    if page.command:
        on = f" on {page.date}" if page.date else ""
        yield from ("", f"Written by vllm-planner{on}:", "", f"    {page.command}")


def _document(answer: Answer, pictures: Mapping[str, str]) -> Iterator[str]:
    yield f"# {_text(words.title(answer))}"
    yield ""
    if answer.model:
        yield f"- {_text(words.model_facts(answer.model))}"
        if origin := words.model_origin(answer.model):
            yield f"- from: {_text(origin)}"
    yield f"- {_text(words.basis(answer))}"
    for assumption in answer.hardware.assumptions if answer.hardware else ():
        yield f"- assumed: {_text(assumption)}"
    yield ""
    if answer.command == "validate":
        yield from _findings(words.all_findings(answer))
        yield from (f"**{words.summary(words.all_findings(answer))}**", "")
        if fixes := fix_words(answer):
            yield from (_text(fixes), "")
    else:
        yield from _layouts(answer, pictures)
    yield from _rejected(answer)
    yield from _pareto(answer.pareto or ())
    yield from _math(answer.math or ())
    yield from (f"- note: {_text(note)}" for note in answer.notes)


def _layouts(answer: Answer, pictures: Mapping[str, str]) -> Iterator[str]:
    if answer.command == "recommend" and not answer.layouts:
        yield from ("**nothing serves it**" if answer.purchases == () else "**nothing fits**", "")
    yield from _purchases(answer.purchases or ())
    for layout in answer.layouts[:1]:
        yield from _layout(layout, pictures)
    yield from _others(answer.layouts[1:])
    yield from _findings(answer.findings)


def _purchases(purchases: Sequence[Purchase]) -> Iterator[str]:
    if not purchases:
        return
    for heading, rows in (
        ("What serves the load", choice.offers(purchases)),
        ("For larger loads", choice.grown(purchases)),
    ):
        if rows:
            yield from (f"## {heading}", "")
            yield from _table(rows[0], rows[1:])


def _pareto(points: Sequence[ParetoPoint]) -> Iterator[str]:
    if points:
        head, *rows = choice.front(points)
        yield from ("## Throughput against speed", "")
        yield from _table(head, rows)


def _layout(layout: Layout, pictures: Mapping[str, str]) -> Iterator[str]:
    yield f"## {words.layout_name(layout)} on {layout.gpus_used} GPUs"
    yield ""
    yield f"**{_text(words.fit_text(layout.fit))}.** {_text(layout.why)}".rstrip()
    yield ""
    if layout.memory:
        yield from _memory(layout.memory)
        yield from _picture("memory", pictures)
    for label, text in words.facts(layout).items():
        yield f"- {label}: {_text(text)}"
    yield from (f"- note: {_text(note)}" for note in layout.notes)
    yield ""
    yield from _picture("room", pictures)
    yield from _picture("load", pictures)
    yield from _picture("cluster", pictures)
    yield from _findings(layout.findings)
    yield from _commands(layout.commands)


def _picture(name: str, pictures: Mapping[str, str]) -> Iterator[str]:
    if name in pictures:
        yield from (pictures[name], "")


def _memory(memory: Memory) -> Iterator[str]:
    yield (
        f"Memory of each GPU in GiB; vLLM's budget is {gib(memory.budget_bytes):.2f}, "
        f"{memory.gpu_memory_utilization:g} of the GPU."
    )
    yield ""
    rows = [
        [row.stage, row.layers, *(f"{gib(size):.2f}" for size in row.sizes)]
        for row in stage_rows(memory)
    ]
    yield from _table(["stage", "layers", *(term.label for term in TERMS)], rows)


def _commands(commands: Sequence[Command]) -> Iterator[str]:
    hosts = len({command.node for command in commands})
    for command in commands:
        lines = paste(command, width=100)
        fence = "```"
        while any(fence in line for line in lines):
            fence += "`"
        yield from (f"{where(command, hosts)}:", "", f"{fence}sh", *lines, fence, "")
    if stands := placeholders(commands):
        yield from (f"{stands}.", "")


def _others(layouts: Sequence[Layout]) -> Iterator[str]:
    if not layouts:
        return
    yield from ("## Other layouts", "")
    rows = [
        [
            words.layout_name(layout),
            str(layout.gpus_used),
            words.fit_text(layout.fit),
            count_text(layout.kv_cache.tokens) if layout.kv_cache else "",
            f"{layout.kv_cache.max_concurrency:.2f}" if layout.kv_cache else "",
            layout.why,
        ]
        for layout in layouts
    ]
    yield from _table(["layout", "GPUs", "fit", "KV tokens", "requests", "why"], rows)


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    some = False
    for finding in sorted(findings, key=lambda f: f.severity.rank):
        some = True
        place = words.place(finding)
        begin = f"`{place}` " if place else ""
        yield f"- {begin}**{finding.severity} {finding.code}** {_text(finding.message)}"
        yield from (
            f"  - {label}: {_text(text)}"
            for label, text in (("cause", finding.cause), ("fix", finding.fix))
            if text
        )
    if some:
        yield ""


def _rejected(answer: Answer) -> Iterator[str]:
    if not answer.rejected:
        return
    yield from (f"## Rejected ({len(answer.rejected)})", "")
    rows = [
        [group.code, words.shortened(group.names), group.message]
        for group in rejected_groups(answer)
    ]
    yield from _table(["rule", "layouts", "reason"], rows)


def _math(steps: Sequence[MathStep]) -> Iterator[str]:
    if not steps:
        return
    yield from ("## Arithmetic", "")
    rows = [
        [
            step.term,
            step.formula,
            words.numbers_text(step),
            "" if step.bytes is None else f"{count_text(step.bytes)} ({gib_text(step.bytes, 2)})",
            step.source,
        ]
        for step in steps
    ]
    yield from _table(["term", "formula", "numbers", "bytes", "source"], rows)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield "|" + " --- |" * len(headings)
    for row in rows:
        yield f"| {' | '.join(_text(cell) for cell in row)} |"
    yield ""


def _text(text: str) -> str:
    """Text that Markdown shows as it is, in a table too."""
    for mark in "\\`*_<>|[]":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
