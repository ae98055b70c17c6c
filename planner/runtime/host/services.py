"""What answers to this machine: docker's server, and the hub where somebody wants to know."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

from planner.hardware.host import Docker, Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOCKER_S = 5.0
_ENDPOINT_S = 5.0
#: what docker's --gpus runs in a container's start
_HOOK = "nvidia-container-runtime-hook"


def docker() -> Docker | None:
    """Docker's releases, and whether it can give GPUs; None where it is not installed."""
    program = shutil.which("docker")
    if program is None:
        return None
    versions, problem = _said(program, "version")
    server = _of(versions, "Server", "Version")
    client = _of(versions, "Client", "Version")
    if not server:
        return Docker(client=client, problem=problem)
    info, _ = _said(program, "info")
    runtimes = info.get("Runtimes")
    given = None
    if isinstance(runtimes, dict):
        cdi = any("nvidia" in str(each) for each in info.get("DiscoveredDevices") or ())
        given = "nvidia" in runtimes or cdi or shutil.which(_HOOK) is not None
    return Docker(client=client, server=server, gpus=given)


def _said(program: str, command: str) -> tuple[dict[str, Any], str]:
    """What a command of docker tells as JSON, and its complaint."""
    try:
        done = subprocess.run(  # noqa: S603 - docker, found on the path
            [program, command, "--format", "{{json .}}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_DOCKER_S,
        )
        found = json.loads(done.stdout or "{}")
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return {}, f"{error!s:.200}"
    complaint = done.stderr.strip().splitlines()
    return found if isinstance(found, dict) else {}, complaint[-1] if complaint else ""


def _of(document: Mapping[str, Any], *path: str) -> str:
    value: Any = document
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return str(value or "")


def endpoints(environ: Mapping[str, str]) -> tuple[Endpoint, ...]:
    """Ask the hub, its mirror or ModelScope, as the environment names it, over the network."""
    if environ.get("VLLM_USE_MODELSCOPE", "").lower() in {"1", "true"}:
        domain = environ.get("MODELSCOPE_DOMAIN", "www.modelscope.cn")
        return (_asked("MODELSCOPE_DOMAIN", f"https://{domain}"),)
    return (_asked("HF_ENDPOINT", environ.get("HF_ENDPOINT") or "https://huggingface.co"),)


def _asked(name: str, url: str) -> Endpoint:
    """Any answer over HTTP is one: what it says of a request without a path does not matter."""
    # 30 ms, and only --online needs it
    import ssl
    from urllib import error, request

    begun = time.monotonic()
    try:
        with request.urlopen(request.Request(url, method="HEAD"), timeout=_ENDPOINT_S):  # noqa: S310
            pass
    except error.HTTPError:
        pass
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        # the hub's own client may know a certificate that Python does not
        if isinstance(reason, ssl.SSLCertVerificationError):
            return Endpoint(name=name, url=url, seconds=round(time.monotonic() - begun, 3))
        return Endpoint(name=name, url=url, problem=f"{reason}"[:200] or "no answer")
    return Endpoint(name=name, url=url, seconds=round(time.monotonic() - begun, 3))
