"""The host has less memory than the plan offloads to it.

What it checks:
    weights and KV cache that the plan keeps in the host's memory fit in what is available, and in
    the limit of the control group that vLLM will run in.
Why:
    that memory is pinned: it cannot be swapped out, and the kernel kills the process that asks for
    more than its limit.

Example:
    ``--kv-offloading-size 200`` in a container of 128 GiB.
Fix:
    offload less, or raise the limit.
Source in vLLM:
    ``vllm.config.offload``, ``vllm.v1.kv_offload`` (0.33.0)
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.units import gib_text

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN013"
NAME = "host-memory-too-small"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "host"
BAD = ("needs.host_memory_bytes = 214748364800\nmemory_limit_bytes = 137438953472",)
GOOD = ("needs.host_memory_bytes = 4294967296",)


def check(host: HostCase) -> Explanation | None:
    """Name what is asked and what there is."""
    facts, asked = host.facts, host.needs.host_memory_bytes
    limit = facts.memory_limit_bytes
    rooms = {
        "are available": facts.memory_available_bytes,
        "are left of the limit": None
        if limit is None
        else limit - (facts.memory_limit_used_bytes or 0),
    }
    told = {name: room for name, room in rooms.items() if room is not None}
    if not asked or not told or asked <= min(told.values()):
        return None
    name, room = min(told.items(), key=lambda pair: pair[1])
    return Explanation(
        message=f"the plan keeps {gib_text(asked)} in this host's memory; {gib_text(room)} {name}",
        cause="what is offloaded is pinned: it cannot be swapped out",
        fix="offload less, or raise the memory limit"
        if name != "are available"
        else "offload less, or stop what takes the memory",
        source="vllm.config.offload",
    )
