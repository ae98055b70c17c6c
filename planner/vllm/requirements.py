"""Whether installed packages are what vLLM's own metadata requires."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def unmet_requirements(
    requires: Mapping[str, Sequence[str]], packages: Mapping[str, str], python: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Who requires what, and what is installed instead; empty where nothing is.

    Args:
        requires: requirements by the distribution that states them, as its metadata has them.
        packages: releases of installed distributions, by normalized name.
        python: version of their Python; markers are judged by it.
    """
    # only a check of this machine needs it
    from packaging.requirements import InvalidRequirement, Requirement

    here = {"extra": ""}
    if python:
        here |= {
            "python_full_version": python,
            "python_version": ".".join(python.split(".")[:2]),
        }
    for owner, texts in requires.items():
        for text in texts:
            try:
                wanted = Requirement(text)
            except InvalidRequirement:
                continue
            if wanted.marker is not None and not wanted.marker.evaluate(here):
                continue
            installed = packages.get(normalized(wanted.name), "")
            if not installed or not wanted.specifier.contains(installed, prereleases=True):
                yield owner, f"{wanted.name}{wanted.specifier}", installed


def normalized(name: str) -> str:
    """A distribution's name as indexes compare it.

    >>> normalized("Flash_Infer.Python")
    'flash-infer-python'
    """
    return re.sub(r"[-_.]+", "-", name).lower()
