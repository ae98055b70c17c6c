"""What failed in a log, as findings: an error's text and the rule that knows what it means."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, cast

from planner.finding import Location
from planner.rules.base import Explanation, find_rule, rules, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.finding import Finding
    from planner.rules.base import LogRule, Rule
    from planner.vllm.log import LogError, LogFacts

_HEADING = re.compile(r"^([A-Z][\w ]+):$", re.MULTILINE)


def log_findings(facts: LogFacts) -> tuple[Finding, ...]:
    """The errors of a log that some rule knows, each rule once, in the order of the log.

    A rule that only says that something failed gives way to one that says what.
    """
    found: dict[str, tuple[Rule, Finding]] = {}
    for error in facts.errors:
        for rule in rules():
            if rule.CODE not in found and _knows(rule, error.text):
                found[rule.CODE] = (rule, _finding(rule, error, facts))
    telling = [finding for _, finding in found.values() if not is_general(finding)]
    return tuple(telling or (finding for _, finding in found.values()))


def is_general(found: Finding) -> bool:
    """Whether its rule only says that something failed."""
    return bool(getattr(find_rule(found.code), "LOG_IS_GENERAL", False))


def unknown_errors(facts: LogFacts) -> tuple[LogError, ...]:
    """The errors that no rule knows."""
    known = [(rule, _texts(rule)) for rule in rules() if _texts(rule)]
    return tuple(
        error for error in facts.errors if not any(_knows(rule, error.text) for rule, _ in known)
    )


def _texts(rule: Rule) -> tuple[str, ...]:
    texts: tuple[str, ...] = getattr(rule, "LOG", ())
    return texts


def _knows(rule: Rule, text: str) -> bool:
    return any(re.search(each, text) for each in _texts(rule))


def _finding(rule: Rule, error: LogError, facts: LogFacts) -> Finding:
    sections = dict(_sections(rule.__doc__ or ""))
    cause, fix = sections.get("Why", ""), sections.get("Fix", "")
    if rule.SCOPE == "log" and hasattr(rule, "explain"):
        told = cast("LogRule", rule).explain(error, facts)
        cause, fix = told.cause or cause, told.fix or fix
    return stamp(
        rule,
        Explanation(
            message=error.text,
            cause=cause,
            fix=fix,
            source=sections.get("Source in vLLM", ""),
            place=Location(file=facts.name, line=error.line),
        ),
    )


def _sections(page: str) -> Iterator[tuple[str, str]]:
    """A manual page's headings with their texts, each on one line."""
    parts = _HEADING.split(inspect.cleandoc(page))
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        yield heading, " ".join(body.replace("``", "`").split())
