"""A plot by matplotlib as an element of a page: its colours and letters are the page's."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, fromstring

from planner.errors import UsageError
from planner.report.parts.element import shown, tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_STYLE = Path(__file__).with_name("page.mplstyle")
_INSTALL = "pip install 'vllm-planner[report]'"
#: what matplotlib is told, and what the page shows in its place, light or dark
ROLES = {
    "#010101": "ink",
    "#020202": "muted",
    "#030303": "line",
    "#040404": "surface",
    "#0a0a01": "series-1",
    "#0a0a02": "series-2",
    "#0a0a03": "series-3",
    "#0a0a04": "series-4",
    "#0a0a05": "series-5",
}
COLOURS = {role: colour for colour, role in ROLES.items()}
_COLOUR = re.compile("|".join(ROLES))
_FAMILY = re.compile(r"font-family: [^;]*;? ?")
_REFERENCE = re.compile(r"url\(#([^)]*)\)|^#(.*)$")


def available() -> None:
    """See that plots can be drawn here.

    Raises:
        UsageError: matplotlib is not installed.
    """
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise UsageError(
            "plots need matplotlib, which is not installed",
            cause="it is an extra: most answers need no plots",
            fix=_INSTALL,
        )


class Plot:
    """Sets of axes beside each other, and then the element of all."""

    def __init__(self, figure: Figure, panels: int) -> None:
        self.figure = figure
        self.panels: list[Axes] = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
        self.element: Element | None = None

    @property
    def axes(self) -> Axes:
        """The only ones, or the first."""
        return self.panels[0]


@contextmanager
def plot(name: str, title: str, description: str, panels: int = 1) -> Iterator[Plot]:
    """Axes to draw on; after the block ``element`` holds the drawing.

    ``title`` and ``description`` are for those who do not see it; ``panels`` share one height.
    """
    # a second, and only plots need it
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(fname=_STYLE):
        figure = Figure(figsize=(7.2, 3.6), layout="constrained")
        drawn = Plot(figure, panels)
        yield drawn
        for ground in (figure.patch, *(axes.patch for axes in drawn.panels)):
            ground.set_visible(False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    drawn.element = _themed(fromstring(out.getvalue()), name, title, description)  # noqa: S314 - our own


def _themed(root: Element, name: str, title: str, description: str) -> Element:
    """The drawing without what a page has itself, and with names of its own."""
    own = [root.find(f"{_SVG}metadata"), root.find(f"{_SVG}defs[{_SVG}style]")]
    for child in own:
        if child is not None:
            root.remove(child)
    used = {target for element in root.iter() for target in _references(element)}
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        _restyle(element, name, used)
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.set("role", "img")
    root.set("class", "plot")
    root.set("aria-labelledby", f"{name}-title")
    root.set("aria-describedby", f"{name}-desc")
    root.insert(0, tag("title", title, id=f"{name}-title"))
    root.insert(1, tag("desc", description, id=f"{name}-desc"))
    root.tail = "\n"
    return root


def _references(element: Element) -> Iterator[str]:
    for value in element.attrib.values():
        for match in _REFERENCE.finditer(value):
            yield match[1] or match[2]


def _restyle(element: Element, name: str, used: set[str]) -> None:
    """The page's colours and letters; ids that no other drawing of the page has, or none."""
    if link := element.attrib.pop(_LINK, None):
        element.set("href", link)
    identity = element.attrib.pop("id", None)
    if identity in used:
        element.set("id", f"{name}-{identity}")
    for key, value in element.attrib.items():
        if key == "style":
            styled = _COLOUR.sub(lambda m: f"var(--{ROLES[m[0]]})", _FAMILY.sub("", value))
            element.set(key, styled.strip())
        elif key == "href":
            element.set(key, f"#{name}-{value[1:]}")
        elif value.startswith("url(#"):
            element.set(key, f"url(#{name}-{value[5:]}")
    if element.text:
        element.text = shown(element.text)
