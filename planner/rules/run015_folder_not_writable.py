"""A folder that vLLM writes to cannot be written.

What it checks:
    vLLM's cache and the temporary folder, where they are or will be made, and the hub's cache where
    the model is not in it yet.
Why:
    vLLM keeps what it compiled in the first, puts its sockets into the second, and downloads to the
    third.

Example:
    a container that runs as another user than the owner of the mounted cache.
Fix:
    change the owner, or set the variable to a folder of your own.
Source in vLLM:
    ``vllm.envs``: ``VLLM_CACHE_ROOT``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.hardware.host import HUB_CACHE
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN015"
NAME = "folder-not-writable"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = ('folders = [{ name = "VLLM_CACHE_ROOT", path = "/root/.cache/vllm", writable = false }]',)
GOOD = ('folders = [{ name = "VLLM_CACHE_ROOT", path = "/root/.cache/vllm" }]',)


def check(host: HostCase) -> Explanation | None:
    """Name the folders and the variables that move them."""
    if host.needs.container:
        return None
    fetches = host.needs.download_bytes is not None
    locked = [
        each
        for each in host.facts.folders
        if not each.writable and (fetches or each.name != HUB_CACHE)
    ]
    if not locked:
        return None
    return Explanation(
        message=f"not writable: {', '.join(each.path for each in locked)}",
        cause="models are downloaded, and compiled graphs and sockets kept, in these folders",
        fix="set " + ", ".join(f"{each.name}=FOLDER" for each in locked) + ", or change the owner",
        source="vllm.envs",
    )
