"""One HTML file that opens anywhere, offline: for whoever decides, pays or reviews."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from planner.report.page import answered, head, layout, speed
from planner.report.parts import words
from planner.report.parts.element import document, tag
from planner.report.plots.figure import available

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from planner.plan import Answer
    from planner.report.base import Page

__all__ = ["NEEDS", "SUFFIXES", "available", "render"]

SUFFIXES = (".html", ".htm")
#: what an answer carries only where it is asked for
NEEDS = ("show_math", "show_curves", "show_sources")
_FOLDER = Path(__file__).with_name("page")
#: nothing outside the file is asked for, whatever a text says
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(answer: Answer, page: Page) -> str:
    """The whole page; style and pictures are in it, scripts are not."""
    sections = list(_sections(answer))
    styles = ("style.css", "page.css")
    style = "".join((_FOLDER / name).read_text(encoding="utf-8") for name in styles)
    title = f"{words.title(answer)}: {head.verdict(answer)[1]}"
    root = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", title),
            tag("style", style),
        ),
        tag("body", *_body(answer, sections, page)),
        lang="en",
    )
    return document(root)


def _body(
    answer: Answer, sections: Sequence[tuple[str, str, Element]], page: Page
) -> Iterator[Element]:
    yield tag("a", "Skip to the answer", href="#answer", class_="skip")
    yield head.header(answer)
    links = (tag("li", tag("a", title, href=f"#{name}")) for name, title, _ in sections)
    yield tag("nav", tag("ul", links), aria_label="Sections")
    yield tag("main", (element for _, _, element in sections), id="answer")
    yield head.footer(answer, page)


def _sections(answer: Answer) -> Iterator[tuple[str, str, Element]]:
    """Id, title and content of each section that has something to say, in reading order."""
    number = count(1)
    for title, content in _contents(answer):
        if content:
            name = f"section-{next(number)}"
            heading = tag("h2", title, id=name)
            yield name, title, tag("section", heading, content, aria_labelledby=name)


def _contents(answer: Answer) -> Iterator[tuple[str, list[Element]]]:
    group = answer.hardware.groups if answer.hardware else ()
    found = words.all_findings(answer) if answer.command == "validate" else [*answer.findings]
    judged = answer.command == "validate" or not answer.layouts
    yield "Summary", head.summary(answer)
    if judged:
        yield "Findings", answered.findings(found)
    if len(answer.targets) > 1:
        yield "Deployments", answered.targets(answer)
    elif len(answer.layouts) > 1:
        yield "Layouts", answered.layouts(answer)
    yield "What to buy", speed.bought(answer)
    yield "Speed and load", speed.speed(answer)
    for best in answer.layouts[:1] if len(answer.targets) <= 1 else ():
        yield f"Memory of each GPU: {words.layout_name(best)}", layout.memory(best, "best")
        yield "Room for requests", layout.room(best)
        yield "Where each rank sits", layout.cluster(best, group)
        yield "Commands", layout.commands(best)
    if not judged:
        best_findings = [*answer.findings, *answer.layouts[0].findings]
        yield "Findings", answered.findings(best_findings)
    yield "Other layouts in full", layout.others(answer, group)
    yield f"Rejected layouts ({len(answer.rejected)})", answered.rejected(answer)
    yield "Arithmetic", answered.arithmetic(answer)
    yield "Where the numbers come from", answered.provenance(answer)
