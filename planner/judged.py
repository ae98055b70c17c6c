"""The candidates of one group of hosts, judged by every rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner import plan
from planner.describe import sizes
from planner.repartition import repartitioned
from planner.resolve import table
from planner.rules.base import finding, forbidding, judge, layout_rules
from planner.search import candidates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case import Case
    from planner.hardware.cluster import NodeGroup
    from planner.resolve import Subject
    from planner.units import Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A table of candidates.

    Attributes:
        case: all of them.
        broken: rows that break a forbidding rule, by code.
        valid: rows that vLLM and this planner accept, whether they fit or not.
        outdone: rows that only run fewer of the same replicas as another row.
        kept: rows that also fit, or may, and are not outdone.
    """

    case: Case
    broken: dict[str, Bools]
    valid: Bools
    outdone: Bools
    kept: Bools


#: what capacity decides: another division of layers may mend it
CAPACITY = ("MEM001", "KVC001", "KVC002")


def judge_candidates(subject: Subject, group: NodeGroup) -> Judged:
    """Every candidate of a group against every rule that forbids."""
    layouts = candidates(subject.known, group, subject.request.pinned)
    case = table(subject, group, layouts, shorten=True)
    broken = judge(case, [rule for rule in layout_rules() if forbidding(case, rule)])
    structural = [mask for code, mask in broken.items() if code not in CAPACITY]
    valid = ~np.logical_or.reduce(structural)
    full = np.logical_or.reduce([broken[code] for code in CAPACITY])
    fitting = ~full & case.may_fit
    outdone = _outdone(case)
    kept = valid & ~outdone & (fitting | _mended(case, valid & ~fitting & ~outdone))
    return Judged(case=case, broken=broken, valid=valid, outdone=outdone, kept=kept)


def _outdone(case: Case) -> Bools:
    """Rows that only run fewer of the same independent replicas as another row."""
    layouts = case.layouts
    if case.has_experts or case.arguments.data_parallel_size is not None:
        return np.zeros(len(layouts), dtype=np.bool_)
    engine = layouts.tp * layouts.pp
    most = case.group.nodes * case.group.gpus_per_node // engine
    placed = case.placement.hosts <= case.placement.nodes
    largest = np.zeros(len(layouts), dtype=np.int64)
    for shape in np.unique(np.stack([layouts.tp, layouts.pp], axis=1), axis=0):
        same = (layouts.tp == shape[0]) & (layouts.pp == shape[1])
        possible = same & placed & (layouts.dp <= most)
        largest[same] = layouts.dp[possible].max(initial=1)
    return layouts.dp < largest


def _mended(case: Case, rows: Bools) -> Bools:
    """Rows that fit under another division of layers over stages."""
    mended = np.zeros(len(case.layouts), dtype=np.bool_)
    room = (case.budget.budget_bytes * case.stages.exists - case.budget.weights_bytes).sum(axis=1)
    for row in np.flatnonzero(rows & (case.layouts.pp > 1) & (room > 0)):
        better = repartitioned(case, int(row))
        mended[row] = better is not None and bool(better.fits[0])
    return mended


def rejections(judged: Judged) -> Iterator[plan.Rejected]:
    """Every candidate that is out, with the rules that say so and the first one's sentence."""
    rules = {rule.CODE: rule for rule in layout_rules()}
    for row in np.flatnonzero(~judged.kept & ~judged.outdone):
        codes = tuple(code for code, mask in judged.broken.items() if mask[row])
        message = (
            finding(rules[codes[0]], judged.case, int(row)).message
            if codes
            else "one request fits with too little certainty"
        )
        yield plan.Rejected(**sizes(judged.case, int(row)), codes=codes, message=message)
