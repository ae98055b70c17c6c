"""Machines for tests: facts laid over a machine where all is well."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from planner.case.host import HostCase
from planner.hardware.host import HostFacts, HostNeeds
from planner.hardware.record import read_record

DATA = Path(__file__).parent / "data" / "hosts"


def well(**needs: Any) -> HostCase:  # noqa: ANN401 - whatever a need is
    """The machine where all is well, and what is asked of it."""
    return host("", **needs)


def host(text: str, /, **needs: Any) -> HostCase:  # noqa: ANN401
    """The same with other facts in TOML; those below ``needs`` are what is asked of it."""
    facts = laid_over(tomllib.loads((DATA / "well.toml").read_text("utf-8")), tomllib.loads(text))
    asked = {**facts.pop("needs", {}), **needs}
    return HostCase(
        facts=read_record(HostFacts, facts, "facts"),
        needs=read_record(HostNeeds, asked, "needs"),
    )


def laid_over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables are joined; a list takes the place of a list, and a machine without NVML has none."""
    merged = dict(under)
    if "nvml_problem" in over:
        del merged["nvml"]
    for key, value in over.items():
        below = merged.get(key)
        joined = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = laid_over(below or {}, value) if joined else value
    return merged
