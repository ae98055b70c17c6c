"""The vLLM that is to be measured: in which Python, and which release."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

from planner.errors import UnavailableError

#: asks without importing vLLM, which takes ten seconds
_VERSIONS = """
import json
from importlib import metadata, util
found = {}
for name in ("vllm", "torch"):
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        if util.find_spec(name):
            found[name] = "unknown"
print(json.dumps(found))
"""


def find_python(name: str) -> str:
    """The absolute path of a Python, links kept: the one of an environment is a link.

    Raises:
        UnavailableError: there is none.
    """
    path = shutil.which(name)
    if path is None:
        raise UnavailableError(f"{name} is no program here", fix="--python the Python with vLLM")
    return os.path.abspath(path)  # noqa: PTH100 - resolving would leave the environment


def software(python: str) -> dict[str, str]:
    """The releases of vLLM and torch that a Python has.

    Raises:
        UnavailableError: it cannot be run, or has no vLLM.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the Python that the user named
            [python, "-c", _VERSIONS], capture_output=True, text=True, check=True, timeout=60
        )
        found: dict[str, str] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise UnavailableError(
            f"{python} does not run", cause=f"{error:.200}", fix="--python the Python with vLLM"
        ) from None
    if "vllm" not in found:
        raise UnavailableError(
            f"{python} has no vLLM",
            cause="vLLM must be installed on this machine to be run on it",
            fix="pip install vllm, or --python the Python of an environment that has it",
        )
    return found
