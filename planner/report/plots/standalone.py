"""A picture as a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import tostring

from planner.report.parts.element import tag

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

STYLE = Path(__file__).parents[1] / "page" / "style.css"
_LETTERS = "svg { font-family: system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif; }"
_MARGIN = 12.0


def standalone(drawing: Element) -> str:
    """A drawing with its style and a ground of its own: whatever page shows it, it can be read."""
    x, y, width, height = (float(number) for number in drawing.attrib["viewBox"].split())
    left, top, wide, high = x - _MARGIN, y - _MARGIN, width + 2 * _MARGIN, height + 2 * _MARGIN
    drawing.set("xmlns", "http://www.w3.org/2000/svg")
    drawing.set("viewBox", f"{left:g} {top:g} {wide:g} {high:g}")
    drawing.set("width", f"{wide:g}")
    drawing.set("height", f"{high:g}")
    drawing.insert(0, tag("style", STYLE.read_text(encoding="utf-8") + _LETTERS))
    ground = {"x": f"{left:g}", "y": f"{top:g}", "width": f"{wide:g}", "height": f"{high:g}"}
    drawing.insert(3, tag("rect", **ground, style="fill: var(--surface)"))
    text = tostring(drawing, encoding="unicode")
    return "".join(f"{line.rstrip()}\n" for line in text.rstrip().split("\n"))
