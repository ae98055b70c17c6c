"""The disk has no room for the checkpoint.

What it checks:
    what must be downloaded fits on the disk of the hub's cache.
Why:
    vLLM downloads the whole checkpoint before it loads the first tensor.

Example:
    DeepSeek-R1 (642 GiB) on a root disk of 500 GB.
Fix:
    ``HF_HOME`` on a larger disk, or ``--download-dir``.
Source in vLLM:
    ``vllm.model_executor.model_loader.weight_utils.download_weights_from_hf``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.hardware.host import HUB_CACHE
from planner.rules.base import Explanation
from planner.units import gib_text

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN014"
NAME = "no-room-for-the-checkpoint"
SEVERITY = Severity.ERROR
ORIGIN = Origin.CAPACITY
SCOPE = "host"
BAD = ("needs.download_bytes = 10995116277760",)
GOOD = ("needs.download_bytes = 17179869184",)


def check(host: HostCase) -> Explanation | None:
    """Name the folder, what is free and what is wanted."""
    wanted = host.needs.download_bytes
    cache = next((each for each in host.facts.folders if each.name == HUB_CACHE), None)
    if wanted is None or cache is None or cache.free_bytes is None or cache.free_bytes >= wanted:
        return None
    return Explanation(
        message=(
            f"the checkpoint is {gib_text(wanted)}, and {cache.path} has "
            f"{gib_text(cache.free_bytes)} free"
        ),
        cause="it is downloaded whole before the first tensor is loaded",
        fix=f"set {HUB_CACHE} to a folder on a larger disk, or remove models: hf cache rm",
        source="vllm.model_executor.model_loader.weight_utils.download_weights_from_hf",
    )
