"""How long a server may take to answer before what watches it gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.launch.base import Served

#: vLLM's own example of a unit; the weights may have to be fetched first
LEAST_S = 1800
#: a cold disk against the prediction
_FACTOR = 3


def start_limit_s(served: Served) -> int:
    """Seconds that a start may take: three times what is predicted, and half an hour at least.

    Source: docs/deployment/systemd.md (0.33), ``TimeoutStartSec=30min``
    """
    return max(LEAST_S, round(_FACTOR * (served.start_up_s or 0)))


def health_check(served: Served) -> tuple[str, ...]:
    """The command that succeeds as soon as the server answers.

    It needs no key: vLLM guards what lies below ``/v1`` alone.
    Source: vllm.entrypoints.serve.instrumentator.health (0.33.0); curl is in vLLM's images
    (docker/Dockerfile)
    """
    url = f"http://127.0.0.1:{served.port}/health"
    return ("curl", "-fsS", "-m", "5", url)
