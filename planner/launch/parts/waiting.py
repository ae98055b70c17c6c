"""How long a server may take to answer before what watches it gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.vllm.command import read_command

if TYPE_CHECKING:
    from planner.launch.base import Served

#: vLLM's own example of a unit; the weights may have to be fetched first
LEAST_S = 1800
#: a cold disk against the prediction
_FACTOR = 3
#: values of --host that a server listens on all addresses by
EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - read, not bound
_LOOPBACK = "127.0.0.1"


def start_limit_s(served: Served) -> int:
    """Seconds that a start may take: three times what is predicted, and half an hour at least.

    Source: docs/deployment/systemd.md (0.33), ``TimeoutStartSec=30min``
    """
    return max(LEAST_S, round(_FACTOR * (served.start_up_s or 0)))


def health_check(served: Served) -> tuple[str, ...]:
    """The command that succeeds as soon as the server answers.

    It needs no key: vLLM guards what lies below ``/v1`` alone.
    Source: vllm.entrypoints.serve.instrumentator.health,
    vllm.entrypoints.serve.middleware.authenticate (0.33.0); curl is in vLLM's images
    (docker/Dockerfile)
    """
    (host,) = _passed(served).get("--host", ("",))
    how = scheme(served)
    # its certificate is not of this name
    unproven = ("-k",) if how == "https" else ()
    url = f"{how}://{_LOOPBACK if host in EVERYWHERE else host}:{served.port}/health"
    return ("curl", "-fsS", *unproven, "-m", "5", url)


def scheme(served: Served) -> str:
    """How the server is spoken to: ``http``, or ``https`` where it has a certificate."""
    return "https" if "--ssl-certfile" in _passed(served) else "http"


def _passed(served: Served) -> dict[str, tuple[str, ...]]:
    return dict(read_command(served.server.argv, served.vllm_version).arguments.other)
