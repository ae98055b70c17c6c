"""What ``planner calibrate`` answers, as a document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from planner.runtime.calibrate.file import holds, learnt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.calibration import Observation
    from planner.constants import Constant
    from planner.runtime.calibrate.figures import Term
    from planner.runtime.calibrate.flow import Calibrated, JudgedLog

_SIZES = (
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "data_parallel_size",
    "decode_context_parallel_size",
)


def document(answer: Calibrated) -> dict[str, Any]:
    """Logs, terms, findings and constants; sizes in whole bytes, times in seconds."""
    return {
        "schema": "planner/1",
        "command": "calibrate",
        "calibration": str(answer.file) if answer.file else None,
        "logs": [log_document(each) for each in answer.logs],
        "unread": [
            {"message": error.message, "cause": error.cause, "fix": error.fix}
            for error in answer.unread
        ],
        "constants": constants(answer.observations),
    }


def constants(seen: Sequence[Observation]) -> list[dict[str, Any]]:
    """What was learnt of each constant: for which releases, before and after, from how much."""
    rows = []
    for each, before, after, remark in learnt(seen):
        since, until = holds(each)
        rows.append(
            {
                "term": each.term,
                "name": each.name,
                "platform": each.family,
                "runner": each.runner,
                "since": since,
                "until": until,
                "unit": before.unit,
                "before": _ends(before),
                "after": _ends(after),
                "remark": remark,
            }
        )
    return rows


def _ends(constant: Constant) -> list[float]:
    return [constant.low, constant.mid, constant.high]


def log_document(each: JudgedLog) -> dict[str, Any]:
    """One log: what it is of, its terms, what was learnt, what failed."""
    facts, run = each.facts, each.run
    given = facts.arguments
    return {
        "file": facts.name,
        "sha256": facts.sha256,
        "vllm_version": facts.version,
        "judged_as": run.subject.version.name if run else None,
        "model": run.subject.source.id if run else facts.model,
        "hardware": run.subject.groups[0].text if run else facts.board,
        **{name: getattr(given, name) for name in _SIZES},
        "stage": facts.stage,
        "seconds": dict(facts.seconds),
        "terms": [_term(term) for term in each.terms],
        "learnt": [
            {"term": seen.term, "name": seen.name, "value": seen.value}
            for seen in each.lesson.observations
        ],
        "not_learnt": list(each.lesson.refused),
        "findings": [asdict(found) for found in each.findings],
        "notes": list(each.notes),
    }


def _rounded(value: float | None, *, exact: bool) -> float | None:
    if value is None:
        return None
    return round(value, 2) if exact else round(value)


def _term(term: Term) -> dict[str, Any]:
    exact = term.unit == "requests"
    figures = {
        "predicted": term.predicted,
        "actual": term.actual,
        "difference": term.difference,
        "explained": term.explained,
    }
    return {
        "term": term.name,
        "stage": term.stage,
        "unit": term.unit,
        **{name: _rounded(value, exact=exact) for name, value in figures.items()},
        "interval": None if term.low == term.high else [round(term.low), round(term.high)],
        "why": term.why,
    }
