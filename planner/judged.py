"""The candidates of one group of hosts, judged by every rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner import plan
from planner.describe import sizes
from planner.frozen import frozen
from planner.layout import distinct_rows
from planner.repartition import repartitioned
from planner.resolve import fixed_division, table
from planner.rules.base import forbidding, judge, layout_rules
from planner.search import candidates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case import Case
    from planner.hardware.cluster import NodeGroup
    from planner.layout import Layouts
    from planner.resolve import Subject
    from planner.rules.base import LayoutRule
    from planner.units import Bools

#: rules that need the memory of a layout, by the letters of their codes
_OF_MEMORY = ("MEM", "KVC")


@frozen
class Judged:
    """A table of candidates, judged in two steps: only what can be built has its memory planned.

    Attributes:
        candidates: all of them, and the rows that break a rule of structure, by code.
        case: those that can be built, and the rows that break a rule of memory, by code.
        fitting: rows of ``case`` that fit, or may.
        mended: rows that fit only under another division of layers over stages, and where they
            are in a table that is divided so.
    """

    candidates: Case
    unbuildable: dict[str, Bools]
    case: Case
    short: dict[str, Bools]
    fitting: Bools
    mended: dict[int, tuple[Case, int]]

    @property
    def kept(self) -> Bools:
        """Rows of ``case`` to choose from."""
        kept = self.fitting.copy()
        kept[list(self.mended)] = True
        return kept


def judge_candidates(subject: Subject, group: NodeGroup) -> Judged:
    """Every candidate of a group against every rule that forbids.

    Where the environment divides the layers, vLLM refuses any other number of stages
    (vllm.distributed.utils.get_pp_indices, 0.33.0).
    """
    layouts = candidates(subject.known, group, subject.request.pinned, subject.version.name)
    if division := fixed_division(subject.request):
        layouts = layouts.take(layouts.pp == len(division))
    return judge_layouts(subject, group, layouts)


def judge_layouts(subject: Subject, group: NodeGroup, layouts: Layouts) -> Judged:
    """Given layouts of a group against every rule that forbids.

    Layouts that only run fewer of the same independent replicas as another are left out.
    """
    everything = table(subject, group, layouts, shorten=True)
    if not _small_may_do(subject):
        everything = everything.take(~_outdone(everything))
    rules = [rule for rule in layout_rules() if forbidding(everything, rule)]
    structure = [rule for rule in rules if not rule.CODE.startswith(_OF_MEMORY)]
    unbuildable = judge(everything, structure)
    case = everything.take(~_any(unbuildable, len(everything.layouts)))
    short = judge(case, [rule for rule in rules if rule not in structure])
    fitting = ~_any(short, len(case.layouts)) & case.may_fit
    return Judged(
        candidates=everything,
        unbuildable=unbuildable,
        case=case,
        short=short,
        fitting=fitting,
        mended=_mended(case, ~fitting),
    )


def _small_may_do(subject: Subject) -> bool:
    """Whether fewer replicas may be the better choice: where a load is served at least cost."""
    return subject.request.objective == "cost" and subject.request.names_load


def _any(broken: dict[str, Bools], rows: int) -> Bools:
    mask: Bools = np.logical_or.reduce(list(broken.values()), initial=False)
    return np.broadcast_to(mask, (rows,))


def _outdone(case: Case) -> Bools:
    """Rows that only run fewer of the same independent replicas as another row."""
    layouts = case.layouts
    if case.has_experts or case.arguments.data_parallel_size is not None or case.sliced:
        return np.zeros(len(layouts), dtype=np.bool_)
    placed = case.placement.hosts <= case.placement.nodes
    _, shape = distinct_rows([layouts.tp, layouts.pp])
    largest = np.ones(int(shape.max(initial=0)) + 1, dtype=np.int64)
    np.maximum.at(largest, shape[placed], layouts.dp[placed])
    outdone: Bools = layouts.dp < largest[shape]
    return outdone


def _mended(case: Case, rows: Bools) -> dict[int, tuple[Case, int]]:
    """Rows that fit under another division of layers over stages.

    Only where all stages together have room for the weights and the overheads.
    """
    room = np.where(case.stages.exists, case.budget.kv_cache.high, 0).sum(axis=1)
    tried = np.flatnonzero(rows & (case.layouts.pp > 1) & (room > 0)).tolist()
    better = repartitioned(case, tried)
    return {row: (divided, at) for row, (divided, at) in better.items() if divided.may_fit[at]}


def rejections(judged: Judged) -> Iterator[plan.Rejected]:
    """Every candidate that is out, with the rules that say so and the first one's sentence."""
    yield from _rejected(judged.candidates, judged.unbuildable)
    short = {code: mask & ~judged.kept for code, mask in judged.short.items()}
    yield from _rejected(judged.case, short)


def _rejected(case: Case, broken: dict[str, Bools]) -> Iterator[plan.Rejected]:
    rules: dict[str, LayoutRule] = {rule.CODE: rule for rule in layout_rules()}
    for row in np.flatnonzero(_any(broken, len(case.layouts))):
        codes = tuple(code for code, mask in broken.items() if mask[row])
        message = rules[codes[0]].explain(case, int(row)).message
        yield plan.Rejected.model_construct(**sizes(case, int(row)), codes=codes, message=message)
