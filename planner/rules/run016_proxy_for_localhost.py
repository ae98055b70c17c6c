"""Requests to this machine go through a proxy.

What it checks:
    where a proxy is set, ``no_proxy`` names ``localhost`` and ``127.0.0.1``.
Why:
    clients that heed the variables, Python's among them, send requests to the server on this
    machine through the proxy, which cannot reach it.

Example:
    ``http_proxy`` in a corporate network, without ``no_proxy``.
Fix:
    ``export no_proxy=localhost,127.0.0.1``.
Source in vLLM:
    none: it is the clients
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case.host import HostCase

CODE = "RUN016"
NAME = "proxy-for-localhost"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "host"
BAD = ('environment.http_proxy = "http://proxy:3128"',)
GOOD = (
    'environment.http_proxy = "http://proxy:3128"\nenvironment.no_proxy = "localhost,127.0.0.1"',
    'environment.http_proxy = "http://proxy:3128"\nenvironment.NO_PROXY = "*"',
)

_PROXIES = ("http_proxy", "all_proxy")
_LOCAL = ("localhost", "127.0.0.1")


def check(host: HostCase) -> Explanation | None:
    """Name the proxy and what is missing."""
    found = {name.lower(): value for name, value in host.facts.environment.items()}
    proxy = next((found[name] for name in _PROXIES if found.get(name)), None)
    spared = {each.strip() for each in found.get("no_proxy", "").split(",")}
    missing = [each for each in _LOCAL if each not in spared]
    if proxy is None or "*" in spared or not missing:
        return None
    return Explanation(
        message=f"requests to {' and '.join(missing)} go through the proxy {proxy}",
        cause="no_proxy does not name them, and the proxy cannot reach this machine's server",
        fix=f"export no_proxy={','.join([*sorted(spared - {''}), *missing])}",
    )
