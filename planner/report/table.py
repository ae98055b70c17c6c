"""Text for people: reads well at 80 columns, in a terminal and in a pipe."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from planner.report.parts import choice, tables, words
from planner.report.parts.commands import paste, placeholders, where
from planner.report.parts.fixes import can_be_fixed, fix_words
from planner.report.parts.memory import uncertain
from planner.report.parts.rejected import rejected_groups
from planner.report.parts.safe import without_controls
from planner.units import gib

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from planner.finding import Finding
    from planner.plan import Answer, Command, Layout, Memory, Purchase
    from planner.report.base import Page

SUFFIXES = (".txt",)
_INDENT = 3


def render(answer: Answer, page: Page) -> str:
    """The answer as text of the page's width."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=page.width,
        color_system="standard" if page.colour else None,
        force_terminal=page.colour,
        no_color=not page.colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    writer = _Writer(console, page)
    writer.head(answer)
    if answer.command == "validate":
        writer.verdict(answer)
    else:
        writer.layouts(answer)
        writer.rest(answer)
    # rich fills lines up to the page's width
    text = "".join(f"{line.rstrip()}\n" for line in out.getvalue().rstrip().split("\n"))
    return without_controls(text, colours=page.colour)


class _Writer:
    """Puts the parts of an answer on a console, one after the other."""

    def __init__(self, console: Console, page: Page) -> None:
        self._console = console
        self._page = page

    def head(self, answer: Answer) -> None:
        """What was asked, and what was assumed to answer it."""
        self._line(words.title(answer), "bold")
        if answer.model:
            self._line(words.model_facts(answer.model), indent=2)
            if origin := words.model_origin(answer.model):
                self._beside("from:", origin, 2)
        self._line(words.basis(answer), indent=2)
        for text in answer.hardware.assumptions if answer.hardware else ():
            self._beside("assumed:", text, 2)
        self._console.print()

    def layouts(self, answer: Answer) -> None:
        """The best layout in full, the others shorter."""
        if not answer.layouts and answer.command == "recommend":
            self._line(
                "nothing serves it" if answer.purchases == () else "nothing fits", "bold red"
            )
            self._console.print()
        if answer.purchases:
            self._purchases(answer.purchases)
        for layout in answer.layouts[:1]:
            self._layout(layout, "1. " if answer.command == "recommend" else "")
        if others := answer.layouts[1:]:
            self._line("other layouts", "bold")
            self._whole(tables.others(others), 0)
            self._console.print()
            self._reasons(others)
            self._console.print()

    def _purchases(self, purchases: Sequence[Purchase]) -> None:
        """What to buy, and what larger loads take."""
        for heading, rows in (
            ("what serves the load", choice.offers(purchases)),
            ("for larger loads", choice.grown(purchases)),
        ):
            if rows:
                self._line(heading, "bold")
                self._whole(tables.columns(rows, left=1), 0)
                self._console.print()

    def verdict(self, answer: Answer) -> None:
        """What is wrong, by deployment and the worst first, and a count."""
        found = words.all_findings(answer)
        if len(answer.targets) > 1:
            self._by_file(answer, found)
        else:
            self._findings(found, indent=0)
            for layout in answer.layouts:
                self._line(f"{words.layout_name(layout)}: {words.fit_text(layout.fit)}")
        for note in answer.notes:
            self._beside("note:", note, 0)
        self._line(words.count(answer, found), "bold")
        if fixes := fix_words(answer):
            self._line(fixes)

    def _by_file(self, answer: Answer, found: Sequence[Finding]) -> None:
        """Each deployment under its file, what is wrong with it below."""
        left = list(found)
        file = None
        for target in answer.targets:
            if target.file != file:
                file = target.file
                self._line(file, "bold")
            mine = [each for each in left if words.is_about(each, target)]
            left = [each for each in left if each not in mine]
            self._line(words.target_text(target, answer), indent=2)
            self._findings(mine, indent=4)
            if not mine:
                self._console.print()
        self._findings(left, indent=0)

    def rest(self, answer: Answer) -> None:
        """Findings on the whole, what was rejected and why, arithmetic, notes."""
        self._findings(answer.findings, indent=0)
        if answer.rejected:
            self._line(f"rejected ({len(answer.rejected)})", "bold")
            self._rejected(answer)
            self._line("planner explain CODE tells more", "dim")
            self._console.print()
        if answer.pareto:
            self._line("throughput against speed", "bold")
            self._whole(tables.columns(choice.front(answer.pareto), left=0), 0)
            self._console.print()
        if answer.math:
            self._line("arithmetic", "bold")
            self._show(tables.arithmetic(answer.math))
            self._console.print()
        for note in answer.notes:
            self._beside("note:", note, 0)

    def _layout(self, layout: Layout, number: str) -> None:
        plural = "s" if layout.gpus_used > 1 else ""
        head = Text(f"{number}{words.layout_name(layout)} on {layout.gpus_used} GPU{plural}: ")
        head.stylize("bold")
        head.append(words.fit_text(layout.fit), tables.VERDICT_STYLES[layout.fit.verdict])
        self._paragraph(Text(), head)
        if layout.why:
            self._line(layout.why, indent=_INDENT)
        self._console.print()
        if layout.memory:
            self._memory(layout.memory)
        for label, text in words.facts(layout).items():
            self._beside(f"{label}:", text)
        self._console.print()
        self._findings(layout.findings, indent=_INDENT)
        for note in layout.notes:
            self._beside("note:", note)
        self._commands(layout.commands)

    def _reasons(self, others: Sequence[Layout]) -> None:
        """Why each of the layouts after the first stands where it stands."""
        digits = len(str(len(others) + 1))
        for number, layout in enumerate(others, 2):
            if layout.why:
                self._beside(f"{number:>{digits}}.", layout.why, 0)

    def _rejected(self, answer: Answer) -> None:
        """What is out, by the rule that is against it, with the rule's words on one of them."""
        for group in rejected_groups(answer):
            text = Text(words.shortened(group.names))
            text.append(f"\n{group.message}", "dim")
            self._paragraph(Text.assemble((group.code, "cyan"), "  "), text)

    def _memory(self, memory: Memory) -> None:
        self._line(
            f"memory of each GPU in GiB; vLLM's budget is {gib(memory.budget_bytes):.2f}, "
            f"{memory.gpu_memory_utilization:g} of the GPU",
            indent=_INDENT,
        )
        self._whole(tables.memory(memory))
        if self._page.terminal:
            self._show(tables.bars(memory, self._page))
        ranges = ", ".join(
            f"{label} {gib(low):.2f} to {gib(high):.2f}"
            for label, (low, high) in uncertain(memory).items()
        )
        if ranges:
            self._beside("uncertain:", ranges)

    def _commands(self, commands: Sequence[Command]) -> None:
        hosts = len({command.node for command in commands})
        for command in commands:
            self._line(f"{where(command, hosts)}:", "bold", indent=_INDENT)
            # words longer than the page stay whole: they are there to be pasted
            self._whole(paste(command, self._page.width - _INDENT))
        if stands := placeholders(commands):
            self._line(stands, indent=_INDENT)
        if commands:
            self._console.print()

    def _findings(self, findings: Iterable[Finding], indent: int) -> None:
        for finding in sorted(findings, key=lambda f: f.severity.rank):
            if place := words.place(finding):
                self._line(f"{place}:", indent=indent)
            style = tables.SEVERITY_STYLES[finding.severity]
            mark = " [*]" if can_be_fixed(finding) else ""
            head = Text(f"{finding.severity} {finding.code}{mark}", style)
            self._beside(head, finding.message, indent)
            for label, text in (("cause:", finding.cause), ("fix:", finding.fix)):
                if text:
                    self._beside(label, text, indent + 2)
            self._console.print()

    def _whole(self, lines: Iterable[str], indent: int = _INDENT) -> None:
        """Lines as they are, wider than the page or not."""
        text = "\n".join(" " * indent + line for line in lines)
        self._console.print(Text(text), soft_wrap=True)

    def _line(self, text: str, style: str = "", *, indent: int = 0) -> None:
        self._paragraph(Text(" " * indent), Text(text, style))

    def _beside(self, label: str | Text, text: str, indent: int = _INDENT) -> None:
        self._paragraph(Text.assemble(" " * indent, label, " "), Text(text))

    def _paragraph(self, label: Text, text: Text) -> None:
        """A text beside its label; further lines stand under the first."""
        # wrapped here: a table for each paragraph would take half of the report's time
        lines = text.wrap(self._console, self._page.width - label.cell_len, overflow="fold")
        under = Text("\n" + " " * label.cell_len)
        self._console.print(label.append_text(under.join(lines)), soft_wrap=True)

    def _show(self, content: RenderableType, indent: int = _INDENT) -> None:
        self._console.print(Padding(content, (0, 0, 0, indent)))
