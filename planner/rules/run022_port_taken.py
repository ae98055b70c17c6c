"""The port that the server is to listen on is taken.

What it checks:
    no other process of this machine listens on the port of the HTTP server.
Why:
    vLLM takes the port before it loads the model, and ends at once where another has it.

Example:
    a second ``vllm serve`` beside one that runs; both take 8000 where nothing is said.
Fix:
    ``--port`` with a free one, or end what listens: ``ss -ltnp`` names it.
Source in vLLM:
    ``vllm.entrypoints.openai.api_server.setup_server``
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN022"
NAME = "port-taken"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "host"
BAD = ("needs.port = 8000\nlistening_ports = [22, 8000]",)
GOOD = ("needs.port = 8001\nlistening_ports = [22, 8000]",)
LOG = (r"\[Errno 98\] Address already in use", r"error while attempting to bind on address")


def check(host: HostCase) -> Explanation | None:
    """Name the port and the next one that is free."""
    port, taken = host.needs.port, host.facts.listening_ports
    if port not in taken:
        return None
    free = next(each for each in range(port + 1, port + len(taken) + 2) if each not in taken)
    return Explanation(
        message=f"another process listens on port {port}",
        cause="vLLM takes its port before it loads the model, and ends where another has it",
        fix=f"--port {free}, or end what listens there: ss -ltnp names it",
        source="vllm.entrypoints.openai.api_server.setup_server",
    )
