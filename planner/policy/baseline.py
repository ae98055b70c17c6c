"""Old sins: findings that are known, so that only new ones count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.finding import Severity
from planner.report.parts.findings import file_of, fingerprints, found
from planner.targets.files import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.finding import Finding
    from planner.plan import Answer

SCHEMA = "planner-baseline/1"
_REDO = "planner validate … --baseline FILE --write-baseline writes it anew"


def write_baseline(name: str, answer: Answer) -> None:
    """Record the findings of an answer, in an order that a review can follow.

    Raises:
        InvalidInputError: the file cannot be written.
    """
    marked = _marked(answer)
    rows = sorted(
        ({"file": file_of(f), "code": f.code, "fingerprint": mark} for mark, f in marked.items()),
        key=lambda row: (row["file"], row["code"], row["fingerprint"]),
    )
    text = json.dumps({"schema": SCHEMA, "findings": rows}, indent=2) + "\n"
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInputError(f"{name} cannot be written: {error.strerror}") from None


def read_baseline(name: str) -> frozenset[str]:
    """The fingerprints of a baseline.

    Raises:
        InvalidInputError: unreadable, or no baseline.
    """
    try:
        document: Any = json.loads(text_of(name))
        if document["schema"] != SCHEMA:
            raise InvalidInputError(
                f"{name} is of schema {document['schema']!r:.40}, not {SCHEMA}", fix=_REDO
            )
        return frozenset(str(row["fingerprint"]) for row in document["findings"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InvalidInputError(f"{name} is no baseline", fix=_REDO) from None


def without_known(answer: Answer, known: Iterable[str], name: str) -> Answer:
    """The answer without what a baseline holds; notes count what was left out."""
    known = frozenset(known)
    marked = _marked(answer)
    old = {id(each) for mark, each in marked.items() if mark in known}
    gone = len(known - marked.keys())

    def new(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(each for each in findings if id(each) not in old)

    layouts = tuple(
        layout.model_copy(update={"findings": new(layout.findings)}) for layout in answer.layouts
    )
    errors = sum(e.severity is Severity.ERROR for m, e in marked.items() if m in known)
    said = {
        f"{name} leaves out {len(old)} known findings, {errors} of them errors": old,
        f"{gone} findings of {name} are no more: --write-baseline takes them out": gone,
    }
    return answer.model_copy(
        update={
            "layouts": layouts,
            "findings": new(answer.findings),
            "notes": (*answer.notes, *(note for note, so in said.items() if so)),
        }
    )


def _marked(answer: Answer) -> dict[str, Finding]:
    """Each finding by its fingerprint: of one rule and place in the order of the file."""
    findings = found(answer)
    return dict(zip(fingerprints(findings), findings, strict=True))
