"""Elements of a page: built as a tree and dumped, so that no text can become markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias
from xml.etree.ElementTree import Element, tostring

from planner.report.parts.safe import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Content: TypeAlias = "Element | str | Iterable[Content] | None"

#: a number, its unit, its ends in brackets
_NUMBER = re.compile(r"[-+\d][\d,.]*(?: \w+)?(?: \(.*\))?")
#: all others end their line in the text, for people who read or compare it
_INLINE = frozenset({"a", "code", "span", "strong", "td", "th"})


def tag(name: str, /, *content: Content, **attributes: str | None) -> Element:
    """An element; ``aria_label`` means aria-label, ``class_`` class; what is None is left out.

    >>> tostring(tag("a", "x < y", href="#z"), encoding="unicode", method="html")
    '<a href="#z">x &lt; y</a>'
    """
    named = {
        key.rstrip("_").replace("_", "-"): shown(value)
        for key, value in attributes.items()
        if value is not None
    }
    element = Element(name, named)
    _fill(element, content)
    if name not in _INLINE:
        element.tail = "\n"
    return element


def shown(text: str) -> str:
    """Text of anyone, as a page can hold it: no control characters, no halves of a character."""
    return without_controls(text).encode("utf-8", "replace").decode("utf-8")


def _fill(element: Element, content: Iterable[Content]) -> None:
    for item in content:
        if item is None:
            continue
        if isinstance(item, Element):
            element.append(item)
        elif isinstance(item, str):
            _append_text(element, shown(item))
        else:
            _fill(element, item)


def _append_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def document(root: Element) -> str:
    """A whole page as text."""
    text = "<!doctype html>\n" + tostring(root, encoding="unicode", method="html")
    return "".join(f"{line.rstrip()}\n" for line in text.rstrip().split("\n"))


def table(caption: str, head: Iterable[str], rows: Iterable[Sequence[str]]) -> Element:
    """A table that scrolls by itself where the page is narrow; columns of numbers stand right."""
    names, cells = list(head), list(rows)
    kinds = ["number" if _is_number(at, cells) else None for at in range(len(names))]
    heads = (tag("th", name, scope="col", class_=kinds[at]) for at, name in enumerate(names))
    body = (tag("tr", map(_cell, range(len(row)), row, kinds)) for row in cells)
    grid = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", heads)),
        tag("tbody", body),
        class_=None if any(kinds) else "texts",
    )
    return tag("div", grid, class_="scroll", tabindex="0", role="group", aria_label=caption)


def _is_number(column: int, rows: Iterable[Sequence[str]]) -> bool:
    texts = [row[column] for row in rows if row[column]]
    return column > 0 and bool(texts) and all(map(_NUMBER.fullmatch, texts))


def _cell(column: int, text: str, kind: str | None) -> Element:
    """The first of a row is its heading."""
    if column:
        return tag("td", text, class_=kind)
    return tag("th", text, scope="row")
