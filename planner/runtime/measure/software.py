"""The vLLM that is to be measured: in which Python, and which release."""

from __future__ import annotations

import os
import shutil

from planner.errors import UnavailableError
from planner.runtime.host.facts import software_of


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
    installed = software_of(python).packages
    found = {name: release for name, release in installed.items() if name in {"vllm", "torch"}}
    if "vllm" not in found:
        raise UnavailableError(
            f"{python} has no vLLM",
            cause="vLLM must be installed on this machine to be run on it",
            fix="pip install vllm, or --python the Python of an environment that has it",
        )
    return found
