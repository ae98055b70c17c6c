"""What a rule is: a boolean column and a sentence.

A rule is a module of this folder, ``<code>_<slug>.py``. Its docstring is its manual page,
with the headings *What it checks*, *Why*, *Example*, *Fix*, *Source in vLLM* and *Versions*.
A rule of scope ``layout`` offers::

    CODE = "PAR001"
    NAME = "attention-heads-do-not-divide"
    SEVERITY = Severity.ERROR
    ORIGIN = Origin.VLLM
    SCOPE = "layout"
    BAD = ("--model … --gpus … -tp 3",)      # each gives this finding, and only errors of it
    GOOD = ("--model … --gpus … -tp 4",)     # none gives it

    def broken(case: Case) -> Bools: ...     # one bool a row, or one for all: it broadcasts
    def explain(case: Case, row: int) -> Explanation: ...
    def price(case: Case, row: int) -> str: ...  # where it has one: what breaking it costs

A rule of scope ``model`` judges a configuration before any layout: ``check(asked: AskedModel)
-> Explanation | None``. One of scope ``host`` judges the machine that vLLM is to run on:
``check(host: HostCase) -> Explanation | None``; its examples are facts of a machine and what is
asked of it, in TOML, laid over a machine where all is well. One of scope
``document`` judges what a manifest puts around the server: ``check(document: DocumentCase) ->
Iterable[Explanation]``, each with its ``place``; its examples are manifests. Rules of scope
``request`` are about a whole request, of ``command`` about its words, of ``file`` about one of
several files and its comments; who finds them builds the sentence. Elsewhere a sentence knows
neither its rule's code nor its severity: the functions below stamp them.

Where a fix is one that a program can make, its explanation gives it as data too: ``repair``. The
rule then says so: ``REPAIR`` is ``"safe"``, ``"unsafe"`` where somebody must choose, ``"either"``.

Any rule may name texts of vLLM's own log that mean it, as regular expressions: ``LOG``. A rule of
scope ``log`` judges nothing else, and its examples are lines of a log; it may offer
``explain(error: LogError, facts: LogFacts) -> Explanation`` where the manual page is not enough.

A rule that knows a failure of a start may offer ``remedy(facts: LogFacts, now: VllmArguments) ->
Mapping[str, Any]``: options of vLLM's, by name, with which the next start should do; empty where
nothing but more or other hardware helps. ``planner launch --retry`` applies it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from planner import plugins
from planner.errors import UnknownNameError, nearest
from planner.finding import Finding, Origin, Severity
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from planner.case import Case
    from planner.case.document import DocumentCase
    from planner.case.host import HostCase
    from planner.finding import Location, Repair
    from planner.model.keys import Keys
    from planner.units import Bools
    from planner.vllm.arguments import VllmArguments
    from planner.vllm.log.figures import LogError, LogFacts
    from planner.vllm.version import VllmVersion

RULES = "planner.rules"


@frozen
class Explanation:
    """Why a rule is broken: what, with numbers; why; what to type."""

    message: str
    cause: str = ""
    fix: str = ""
    source: str = ""
    place: Location | None = None
    repair: Repair | None = None
    """The fix as data, where a program can make it."""


@frozen
class AskedModel:
    """A model's configuration, the options somebody fixed, and the vLLM version that counts."""

    keys: Keys
    arguments: VllmArguments
    version: VllmVersion


class Rule(Protocol):
    """What every rule module offers."""

    CODE: str
    NAME: str
    SEVERITY: Severity
    ORIGIN: Origin
    SCOPE: str
    __doc__: str | None

    # read only, so that a module's own tuple of two is one of any length
    @property
    def BAD(self) -> tuple[str, ...]: ...  # noqa: D102, N802
    @property
    def GOOD(self) -> tuple[str, ...]: ...  # noqa: D102, N802


class LayoutRule(Rule, Protocol):
    """A rule that judges layouts."""

    def broken(self, case: Case) -> Bools | bool:
        """The rows that break it."""
        ...

    def explain(self, case: Case, row: int) -> Explanation:
        """Why a row breaks it."""
        ...


class LogRule(Rule, Protocol):
    """A rule that explains an error of a log."""

    def explain(self, error: LogError, facts: LogFacts) -> Explanation:
        """Why it happened and what mends it; an empty part is the manual page's."""
        ...


class ModelRule(Rule, Protocol):
    """A rule that judges a model's configuration."""

    def check(self, asked: AskedModel) -> Explanation | None:
        """What is wrong with it, or None."""
        ...


class HostRule(Rule, Protocol):
    """A rule that judges a machine."""

    def check(self, host: HostCase) -> Explanation | None:
        """What is wrong with it, or None."""
        ...


class DocumentRule(Rule, Protocol):
    """A rule that judges what a manifest puts around a server."""

    def check(self, document: DocumentCase) -> Iterable[Explanation]:
        """What is wrong with it, each with its place."""
        ...


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    return tuple(cast("Rule", plugins.load(RULES, name)) for name in plugins.names(RULES))


def layout_rules() -> tuple[LayoutRule, ...]:
    """The rules that judge layouts."""
    return tuple(cast("LayoutRule", rule) for rule in _of_scope("layout"))


def model_findings(asked: AskedModel) -> tuple[Finding, ...]:
    """What the rules say of a model, whatever its layout."""
    checked = ((rule, cast("ModelRule", rule).check(asked)) for rule in _of_scope("model"))
    return tuple(stamp(rule, why) for rule, why in checked if why is not None)


def host_findings(host: HostCase) -> tuple[Finding, ...]:
    """What the rules say of a machine, the worst first."""
    checked = ((rule, cast("HostRule", rule).check(host)) for rule in _of_scope("host"))
    found = (stamp(rule, why) for rule, why in checked if why is not None)
    return tuple(sorted(found, key=_worst_first))


def document_findings(document: DocumentCase, allowed: Collection[str] = ()) -> tuple[Finding, ...]:
    """What the rules say of what a manifest puts around a server."""
    return tuple(
        stamp(rule, why, _severity(rule, allowed))
        for rule in _of_scope("document")
        for why in cast("DocumentRule", rule).check(document)
    )


@cache
def _of_scope(scope: str) -> tuple[Rule, ...]:
    """The rules of one scope; the others are not imported, which would take a while."""
    found = (cast("Rule", plugins.load(RULES, n)) for n in plugins.naming(RULES, scope))
    return tuple(rule for rule in found if scope == rule.SCOPE)


def find_rule(name: str) -> Rule:
    """A rule by code or by name.

    Raises:
        UnknownNameError: no rule is called so.
    """
    known = {rule.CODE: rule for rule in rules()} | {rule.NAME: rule for rule in rules()}
    by_lower = {key.lower(): rule for key, rule in known.items()}
    if name.lower() in by_lower:
        return by_lower[name.lower()]
    close = ", ".join(nearest(name, known))
    raise UnknownNameError(
        f"no rule is called {name}", fix=f"nearest: {close}" if close else "planner explain"
    )


def fixes_of(rule: Rule) -> str:
    """The options of ``validate`` that mend its findings in their files; none where none does."""
    safe, unsafe = "--fix", "--fix --unsafe-fixes"
    options = {"safe": safe, "unsafe": unsafe, "either": f"{safe} or {unsafe}"}
    return options.get(getattr(rule, "REPAIR", ""), "")


def shown(rule: Rule, example: str) -> str:
    """An example as one sees it: a command, a line of a log, or facts of a machine."""
    typed = rule.SCOPE in {"command", "layout", "model", "request"}
    return f"planner validate {example}" if typed else example


def judge(case: Case, which: Iterable[LayoutRule]) -> dict[str, Bools]:
    """The rows that break each rule, by code."""
    masks = {rule.CODE: np.asarray(rule.broken(case), dtype=np.bool_) for rule in which}
    rows = (len(case.layouts),)
    return {
        code: mask if mask.shape == rows else np.broadcast_to(mask, rows)
        for code, mask in masks.items()
    }


def finding(rule: LayoutRule, case: Case, row: int) -> Finding:
    """The finding of a rule about one row."""
    why = rule.explain(case, row)
    price = getattr(rule, "price", None)
    if price is not None and (told := price(case, row)):
        why = replace(why, cause=f"{why.cause}; {told}")
    return stamp(rule, why, _severity(rule, case.allowed))


def row_findings(case: Case, rows: Iterable[int]) -> list[tuple[Finding, ...]]:
    """All findings about each of some rows, the worst first."""
    which = layout_rules()
    broken = judge(case, which)
    found = ([finding(rule, case, n) for rule in which if broken[rule.CODE][n]] for n in rows)
    return [tuple(sorted(each, key=_worst_first)) for each in found]


def _worst_first(found: Finding) -> tuple[int, str]:
    return found.severity.rank, found.code


def _severity(rule: Rule, allowed: Collection[str]) -> Severity:
    """A rule of the planner's own that was allowed by name is a warning."""
    mine = rule.ORIGIN is Origin.POLICY and rule.SEVERITY is Severity.ERROR
    return Severity.WARNING if mine and rule.CODE in allowed else rule.SEVERITY


def stamp(rule: Rule, why: Explanation, severity: Severity | None = None) -> Finding:
    """The finding of a rule; of its own severity, where no other is given."""
    return Finding(
        code=rule.CODE,
        name=rule.NAME,
        severity=severity or rule.SEVERITY,
        origin=rule.ORIGIN,
        message=why.message,
        cause=why.cause,
        fix=why.fix,
        source=why.source,
        location=why.place,
        repair=why.repair,
    )


def forbidding(case: Case, rule: Rule) -> bool:
    """Whether breaking it rules a layout out."""
    allowed = rule.ORIGIN is Origin.POLICY and rule.CODE in case.allowed
    return rule.SEVERITY is Severity.ERROR and not allowed
