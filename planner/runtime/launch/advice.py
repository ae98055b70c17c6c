"""What to change after a start that failed, where a rule knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.rules.base import find_rule
from planner.vllm.command import read_command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.launch.base import Served
    from planner.vllm.log import LogFacts


def advice(code: str, facts: LogFacts | None, served: Served) -> Mapping[str, Any]:
    """Options of vLLM's, by name, that would mend the failure; none where nobody knows.

    A change that the command has already is none.
    """
    remedy = getattr(find_rule(code), "remedy", None)
    if remedy is None or facts is None:
        return {}
    now = read_command(served.server.argv, served.vllm_version).arguments
    changes: Mapping[str, Any] = remedy(facts, now)
    return {name: value for name, value in changes.items() if getattr(now, name) != value}
