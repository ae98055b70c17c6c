"""What ``explain`` shows: the docstrings of rules and formulas."""

from __future__ import annotations

import inspect
import pkgutil
import re
import textwrap
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from planner.errors import UnknownNameError, nearest
from planner.rules.base import fixes_of, rules, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.rules.base import Rule

#: the rooms whose public functions are formulas
_FORMULAS = ("planner.memory", "planner.speed")


def page_of(name: str) -> str:
    """The page of a rule or a formula.

    Raises:
        UnknownNameError: neither is called so.
    """
    wanted = name.lower()
    for rule in rules():
        if wanted in {rule.CODE.lower(), rule.NAME}:
            return _rule_page(rule)
    term = wanted.replace("-", "_").replace(" ", "_")
    if page := terms().get(term):
        return page
    known = [*(r.CODE for r in rules()), *(r.NAME for r in rules()), *terms()]
    like = [k for k in known if term in k.replace("-", "_").lower()] or nearest(term, known)
    raise UnknownNameError(
        f"no rule and no formula is called {name}",
        fix=f"planner explain {' or '.join(like[:3])}"
        if like
        else "planner explain lists all of them",
    )


def overview() -> str:
    """Every rule and every formula, a line each."""
    lines = ["rules"]
    lines += [f"  {r.CODE}  {r.SEVERITY:<8} {_first_line(r.__doc__)}" for r in rules()]
    lines += ["", "formulas"]
    for name, page in terms().items():
        title_and_text = page.split("\n", 2)
        lines.append(f"  {name:<34} {_first_line(title_and_text[-1])}")
    return "\n".join(lines) + "\n"


@cache
def terms() -> dict[str, str]:
    """The page of each formula and each module of formulas, by name."""
    return dict(sorted(_terms()))


def _terms() -> Iterator[tuple[str, str]]:
    for room in _FORMULAS:
        try:
            package = import_module(room)
        except ModuleNotFoundError:
            continue
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            module = import_module(found.name)
            functions = {
                name: function
                for name, function in inspect.getmembers(module, inspect.isfunction)
                if function.__module__ == found.name and not name.startswith("_")
            }
            parts = [f"{n}: {_first_line(inspect.getdoc(f))}" for n, f in functions.items()]
            yield found.name.rsplit(".", 1)[-1], _page(found.name, inspect.getdoc(module), parts)
            for name, function in functions.items():
                title = f"{found.name}.{name}({', '.join(inspect.signature(function).parameters)})"
                yield name, _page(title, inspect.getdoc(function))


def _page(title: str, text: str | None, parts: Sequence[str] = ()) -> str:
    formulas = ["formulas", *(f"  {part}" for part in parts), ""] if parts else []
    return "\n".join([title, "", _plain(text or "no description"), "", *formulas])


def _rule_page(rule: Rule) -> str:
    by = f"; validate {options} mends it" if (options := fixes_of(rule)) else ""
    head = f"{rule.CODE} {rule.NAME} ({rule.SEVERITY}, origin {rule.ORIGIN}{by})"
    lines = [head, "", _plain(inspect.cleandoc(rule.__doc__ or "")), ""]
    for label, examples in (("refused", rule.BAD), ("fine", rule.GOOD)):
        texts = (shown(rule, example) for example in examples)
        lines += [label, *(textwrap.indent(text.rstrip(), "  ") for text in texts), ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Docstring marks that say nothing in a terminal are left out."""
    return re.sub(r"``(.+?)``", r"\1", text)


def _first_line(text: str | None) -> str:
    return _plain((text or "").strip().partition("\n")[0])
