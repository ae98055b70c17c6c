"""The pages of docs/rules: one a rule, their index, and what of vLLM's checks they cover."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.rules.base import fixes_of, rules, shown
from scripts.markdown import NOTICE, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.rules.base import Rule

COVERAGE = Path(__file__).with_name("coverage.toml")
HEADING = re.compile(r"^([A-Z][\w ]+):$", re.MULTILINE)
#: what the examples of a rule are, for the colours
FENCES = {"document": "yaml", "host": "toml", "log": "text", "file": "yaml"}


def rule_page(rule: Rule) -> Iterator[str]:
    """A rule's manual page: its docstring, and its examples."""
    yield from (NOTICE, "", f"# {rule.CODE} {rule.NAME}", "")
    by = f" In files `planner validate {options}` mends it." if (options := fixes_of(rule)) else ""
    yield from (f"Severity {rule.SEVERITY}, origin {rule.ORIGIN}.{by}", "")
    yield from (markdown(rule.__doc__ or ""), "")
    for label, examples in (("Refused", rule.BAD), ("Fine", rule.GOOD)):
        commands = [shown(rule, example) for example in examples]
        yield from (f"## {label}", "", f"```{FENCES.get(rule.SCOPE, 'sh')}", *commands, "```", "")


def markdown(docstring: str) -> str:
    """A docstring with ``Heading:`` lines as Markdown."""
    text = inspect.cleandoc(docstring).replace("``", "`")
    parts = HEADING.split(text)
    lines = [parts[0].strip()]
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        lines += ["", f"## {heading}", "", inspect.cleandoc(f"\n{body}").strip()]
    return "\n".join(lines)


def rule_index() -> Iterator[str]:
    """Every rule, a line each."""
    yield from (NOTICE, "", "# Rules", "")
    yield "`error`: vLLM will not start, will run out of memory, or the layout is invalid by this"
    yield "planner's own policy, which `--allow CODE` lowers; what vLLM itself refuses it cannot."
    yield "A `safe` fix is made by `--fix`, an `unsafe` one by `--fix --unsafe-fixes`."
    yield "What of vLLM's own checks they cover: [coverage](coverage.md)."
    yield ""
    rows = [
        [
            f"[{rule.CODE}]({rule.CODE}.md)",
            rule.NAME,
            str(rule.SEVERITY),
            str(rule.ORIGIN),
            getattr(rule, "REPAIR", ""),
            held_for(rule),
            (rule.__doc__ or "").partition("\n")[0].rstrip("."),
        ]
        for rule in rules()
    ]
    yield from table(["code", "name", "severity", "origin", "fix", "vLLM", "what"], rows)


def held_for(rule: Rule) -> str:
    """The releases that a rule holds for, as its page says it."""
    said = (rule.__doc__ or "").partition("Versions:\n")[2]
    return " ".join(said.split()).replace("``", "`")


def coverage_parts() -> list[dict[str, Any]]:
    """What vLLM checks, part by part."""
    parts: list[dict[str, Any]] = tomllib.loads(COVERAGE.read_text(encoding="utf-8"))["part"]
    return parts


def coverage() -> Iterator[str]:
    """What vLLM checks, each against its rules or why there is none."""
    yield from (NOTICE, "", "# What of vLLM's checks is judged before the start", "")
    yield "Read in vLLM 0.33.0. Rules that speak of a failure only once it is in a log are among"
    yield "them; the other rules are this planner's own, or about machines and manifests."
    yield ""
    for part in coverage_parts():
        yield from (f"## {part['title']}", "")
        rows = [[row["says"], f"`{row['where']}`", _judged(row)] for row in part["rows"]]
        yield from table(["vLLM", "where", "here"], rows)


def _judged(row: dict[str, Any]) -> str:
    linked = ", ".join(f"[{code}]({code}.md)" for code in row.get("rules", ()))
    return linked or str(row["why"])
