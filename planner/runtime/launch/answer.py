"""What ``planner launch --run`` answers, as a document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from planner.runtime.calibrate.answer import log_document

if TYPE_CHECKING:
    from planner.runtime.launch.run import Launched

#: parts of a start that are predicted, by what vLLM's log calls them
_LOGGED = {"weights": "read_weights", "compilation": "compile", "graphs": "capture_graphs"}


def document(launched: Launched) -> dict[str, Any]:
    """A deployment that answers; times in seconds, sizes in bytes."""
    served, first = launched.served, launched.first
    return {
        "schema": "planner/1",
        "command": "launch",
        "to": launched.to,
        "url": launched.url,
        "model": served.model,
        "served_name": served.served_name,
        "commands": [each.model_dump(mode="json") for each in served.commands],
        "findings": [asdict(found) for found in launched.findings],
        "changes": [asdict(change) for change in launched.changes],
        "start_up": _start_up(launched),
        "first_request": {
            "path": first.path,
            "seconds": round(first.seconds, 3),
            "tokens": first.tokens,
        },
        "log": log_document(launched.log) if launched.log else None,
        "notes": list(launched.notes),
    }


def _start_up(launched: Launched) -> dict[str, Any]:
    """The whole start and its parts, predicted and actual; None is not known."""
    planned = launched.served.layout.start_up
    logged = launched.log.facts.seconds if launched.log else {}
    parts = [
        {"part": part, "predicted_s": seconds, "actual_s": logged.get(_LOGGED.get(part, ""))}
        for part, seconds in (planned.parts if planned else {}).items()
    ]
    return {
        "predicted_s": planned.seconds if planned else None,
        "interval_s": planned.interval if planned else None,
        "actual_s": round(launched.ready_s, 1),
        "parts": parts,
    }
