"""The hub, or the mirror that stands for it, does not answer.

What it checks:
    the endpoints that were asked (``planner doctor --online``).
Why:
    a model that is not in the cache is downloaded from there.

Example:
    huggingface.co behind a firewall.
Fix:
    ``HF_ENDPOINT`` of a mirror, ``VLLM_USE_MODELSCOPE=True``, or a proxy; ``HF_HUB_OFFLINE=1``
    where the model is in the cache.
Source in vLLM:
    ``vllm.transformers_utils.repo_utils``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN017"
NAME = "endpoint-out-of-reach"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = (
    'endpoints = [{ name = "HF_ENDPOINT", url = "https://huggingface.co", problem = "timed out" }]',
)
GOOD = ('endpoints = [{ name = "HF_ENDPOINT", url = "https://huggingface.co", seconds = 0.2 }]',)


def check(host: HostCase) -> Explanation | None:
    """Name what does not answer, and why."""
    silent = [each for each in host.facts.endpoints if each.problem]
    if not silent:
        return None
    told = "; ".join(f"{each.url} does not answer: {each.problem}" for each in silent)
    names = ", ".join(f"{each.name}=URL" for each in silent)
    return Explanation(
        message=told,
        cause="models that are not in the cache are downloaded from there",
        fix=f"set {names} of a mirror, or https_proxy; HF_HUB_OFFLINE=1 where the model is here",
        source="vllm.transformers_utils.repo_utils",
    )
