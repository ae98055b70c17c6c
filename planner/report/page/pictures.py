"""A picture with its caption, and the same in text for those who do not see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.report.parts.element import tag

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def figure(drawing: Element, caption: str, in_text: Element, *, opened: bool = False) -> Element:
    """A drawing that scrolls by itself where the page is narrow; its text is one key away.

    ``opened`` shows the text beside it at once.
    """
    scrolled = tag("div", drawing, class_="scroll", tabindex="0", role="group", aria_label=caption)
    text = in_text if opened else tag("details", tag("summary", "The same in text"), in_text)
    return tag("figure", tag("figcaption", caption), scrolled, text)
