"""Which process printed a line, by the tag that vLLM or Ray put before it."""

from __future__ import annotations

import re

from planner.frozen import frozen

#: ``(Worker_TP0 pid=7)``, ``(VllmWorker rank=1 pid=7)``, ``(RayWorkerWrapper pid=7, ip=10.0.0.1)``
_TAG = re.compile(
    r"\((?P<name>[A-Za-z_]\w*(?: [\w=]+)*)? ?pid=(?P<pid>\d+)(?:, ip=(?P<ip>[\w.:]+))?\)"
)
_PLACE = re.compile(r"(?P<axis>TP|PP|DP|EP)(?P<rank>\d+)")
#: prefixes stand at the beginning; what follows is the message
_PREFIX_CHARACTERS = 400


@frozen
class Process:
    """One process of a server; ``key`` tells it from the others, ``name`` is empty if untagged."""

    key: str = ""
    name: str = ""

    def rank_of(self, axis: str) -> int | None:
        """Its rank on an axis (``TP``, ``PP``, ``DP``, ``EP``), where its name says so."""
        found = {match["axis"]: int(match["rank"]) for match in _PLACE.finditer(self.name)}
        return found.get(axis)


UNNAMED = Process()


def process_of(line: str) -> Process:
    """The innermost tag: Ray puts its own inside the engine's.

    >>> process_of("(EngineCore_DP0 pid=1) (RayWorkerWrapper pid=2, ip=10.0.0.1) INFO").key
    '2@10.0.0.1'
    """
    tags = list(_TAG.finditer(line, 0, _PREFIX_CHARACTERS))
    if not tags:
        return UNNAMED
    last = tags[-1]
    return Process(key=f"{last['pid']}@{last['ip'] or ''}", name=last["name"] or "")
