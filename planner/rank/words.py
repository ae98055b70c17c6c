"""Why a layout stands where it stands, in one sentence."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from planner.rank.preference import MAY_MEET, MISSES, SURE, excess
from planner.rank.prospect import limits_of
from planner.units import count_text

if TYPE_CHECKING:
    from planner.case import Case
    from planner.goal import Goal
    from planner.rank.prospect import Prospect

#: a smaller difference is not worth a word
_NEAR = 1.005
#: from so many times on it is no longer told in percent
_SEVERAL = 2.0
#: what an objective weighs, where a layout has more of it than the first
_MORE = {"latency": "longer for a request", "cost": "dearer a token"}


def why(
    case: Case, row: int, prospect: Prospect, goal: Goal, best: tuple[Prospect, int] | None = None
) -> str:
    """One sentence: what puts a layout where it stands; ``best`` is the first one's place."""
    reasons = structure(case, row)
    if np.isfinite(prospect.offered.output_tokens_per_s.mid[row]):
        reasons += _promise(case, row, prospect, goal)
        if best is not None:
            reasons += _against(row, prospect, goal, best)
    sentence = ", ".join(reasons)
    return f"first: {sentence}" if best is None else sentence


def load_text(prospect: Prospect, row: int) -> str:
    """The load that rows are compared at, of all servers together."""
    servers = int(prospect.servers[row])
    rate = float(prospect.request_rate[row])
    if np.isfinite(rate):
        return f"{rate * servers:,.3g} requests a second"
    requests = float(prospect.concurrency[row]) * servers
    return "one request at a time" if requests == 1 else f"{requests:,.0f} requests at a time"


def _promise(case: Case, row: int, prospect: Prospect, goal: Goal) -> list[str]:
    """What it gives at the load it is compared at, and how that stands to the limits."""
    offered = prospect.offered
    tokens = count_text(float(offered.output_tokens_per_s.mid[row]))
    words = [f"{tokens} tokens/s at {load_text(prospect, row)}"]
    limits = limits_of(case, goal)
    if not limits.any and goal.max_cost is None:
        return words
    stands = int(prospect.stands[row])
    if stands == SURE:
        return [*words, "keeps the limits"]
    if stands == MAY_MEET:
        return [*words, "may keep the limits: by the middle of the prediction alone"]
    over = float(excess(offered, limits)[row])
    return [*words, _missed(over) if over > 1 else "costs more than asked"]


def _missed(over: float) -> str:
    """A limit that a figure is ``over`` times of: in percent while that says it shorter."""
    by = f" by {ceil(100 * (over - 1))}%" if over < _SEVERAL else f", {over:.2g}-fold"
    return f"misses a limit{by}"


def _against(row: int, prospect: Prospect, goal: Goal, best: tuple[Prospect, int]) -> list[str]:
    """How much less it gives than the first, where that is what parts them."""
    first, at = best
    if MISSES in (prospect.stands[row], first.stands[at]):
        return []
    ratio = float(prospect.weight[row] / first.weight[at])
    if goal.objective in _MORE:
        return [f"{_percent(ratio - 1)} {_MORE[goal.objective]}"] if ratio > _NEAR else []
    what = "room for requests" if goal.objective == "context" else "throughput"
    return [f"{_percent(1 - 1 / ratio)} less {what}"] if ratio > _NEAR else []


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def structure(case: Case, row: int) -> list[str]:
    """How a layout divides the model and the cluster, and the context it serves."""
    layouts = case.layouts
    tp, pp, dp = (int(column[row]) for column in (layouts.tp, layouts.pp, layouts.dp))
    reasons = [_model_split(case, tp, pp, across=int(case.placement.hosts[row]) > 1)]
    if dp > 1 and case.has_experts:
        reasons.append(f"{dp} attention replicas share the experts")
    elif dp > 1:
        reasons.append(f"{dp} replicas serve apart")
    if layouts.ep[row]:
        reasons.append("whole experts on each rank")
    servers = case.group.gpus // int(layouts.gpus[row])
    if servers > 1:
        reasons.append(f"{servers} such servers fit on the cluster")
    reasons.append(_context(case, row))
    return reasons


def _context(case: Case, row: int) -> str:
    """What of the context is served, and how sure that is."""
    tokens = f"{count_text(int(case.max_model_len[row]))} tokens"
    place = " beside the budget" if case.beside_decides[row] else ""
    doubt = f"may not fit{place} (chance {int(100 * case.fit_probability[row])}%)"
    if case.serves_full_length[row]:
        return f"the full context of {tokens} {'fits' if case.fits[row] else doubt}"
    return f"the context is cut to {tokens}{'' if case.fits[row] else f', it {doubt}'}"


def _model_split(case: Case, tp: int, pp: int, *, across: bool) -> str:
    if tp * pp == 1:
        return "one GPU holds the model"
    link = "NVLink or its like" if case.fast_link else "PCIe"
    parts = []
    if tp > 1:
        parts.append(f"tensors split over {tp} GPUs on {link}")
    if pp > 1:
        parts.append(f"{pp} pipeline stages{' across hosts' if across else ''}")
    return " and ".join(parts)
