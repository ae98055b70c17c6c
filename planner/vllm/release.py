"""What each release of vLLM is built for: torch, CUDA, boards, and the driver that needs."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FILE = Path(__file__).parent / "releases.toml"
#: distributions that bring the CUDA runtime of an installed torch: of CUDA 12, and of 13 and later
_RUNTIMES = ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime-cu11")
_NO_CUDA = re.compile(r"\+.*(cpu|rocm|xpu)")
_LOCAL = re.compile(r"\+(?:.*\.)?cu(\d{2})(\d)\b")


@frozen
class Release:
    """One release; an empty text is not known.

    Attributes:
        version: ``0.33.0``.
        month: of the release, ``2026-07``.
        torch: the release that its binaries are compiled against.
        cuda: of the wheel on the package index.
        image_cuda: of the vllm-openai image.
        image_variants: further CUDA releases that the image is published for, by a tag's ending.
        architectures: compute capabilities that binaries are compiled for.
        ptx: newer boards compile the last of them as it is loaded.
        python: as the wheel requires it.
        glibc: the oldest that the wheel takes.
        ray: whether it is installed with it.
    """

    version: str
    month: str
    torch: str
    cuda: str
    image_cuda: str
    image_variants: tuple[str, ...]
    architectures: tuple[str, ...]
    ptx: bool
    python: str
    glibc: str
    ray: bool

    def image_tag(self, driver: str = "") -> str | None:
        """Of the vllm-openai image that a driver runs: ``v0.33.0``, ``v0.21.0-cu129``.

        Args:
            driver: ``570.26``; empty: the image's own CUDA is taken.

        None: the driver is too old for every CUDA that it is published for.
        """
        for cuda in (self.image_cuda, *self.image_variants):
            toolkit = find_toolkit(cuda)
            least = toolkit.least_driver if toolkit else ""
            if not driver or version_key(driver) >= version_key(least):
                ending = f"-cu{cuda.replace('.', '')}" if cuda != self.image_cuda else ""
                return f"v{self.version}{ending}"
        return None

    def runs_on(self, capability: tuple[int, int]) -> bool:
        """Whether its binaries run on boards of a compute capability.

        Code of one capability runs on later ones of the same major number.
        """
        built = [_pair(each) for each in self.architectures]
        same_family = any(b[0] == capability[0] and b <= capability for b in built)
        return same_family or (self.ptx and capability > max(built))


@frozen
class Cuda:
    """A CUDA toolkit, and the Linux drivers for it."""

    version: str
    packaged_driver: str
    """Comes with it: everything runs."""
    least_driver: str
    """Runs what is compiled for the board, though not what is compiled as it is loaded (PTX)."""


@cache
def releases() -> tuple[Release, ...]:
    """All known releases, the oldest first."""
    facts: dict[str, Any] = {}
    found = []
    for entry in _document()["release"]:
        facts |= entry
        lists = {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
        found.append(Release(**facts | lists))
    return tuple(found)


@cache
def find_release(version: str) -> Release | None:
    """The newest recorded release up to a version of the same or an older minor release.

    Local builds count as their release, a minor release alone as its last patch: ``0.26.1+cu129``
    is 0.26.0, ``0.9`` is 0.9.2. None for what is no version, older than all, or of a minor release
    newer than all.
    """
    number = version_key(version)
    if number[:2] > version_key(releases()[-1].version)[:2]:
        return None
    # a prefix counts as equal, so that 0.9 reaches to the end of 0.9
    known = [each for each in releases() if version_key(each.version)[: len(number)] <= number]
    return known[-1] if known and number else None


@cache
def toolkits() -> tuple[Cuda, ...]:
    """CUDA toolkits, the oldest first."""
    return tuple(Cuda(**entry) for entry in _document()["cuda"])


def find_toolkit(version: str) -> Cuda | None:
    """A CUDA toolkit by ``13.0``; a patch of one counts as it. None where it is not known."""
    number = version_key(version)[:2]
    return next((each for each in toolkits() if version_key(each.version) == number), None)


def newest_release(
    *, driver: str = "", boards: Sequence[tuple[int, int] | None] = (), image: bool = False
) -> Release | None:
    """The newest release whose wheel, or image, a driver and boards run.

    Args:
        driver: its version; empty: any.
        boards: compute capabilities; None is not known.
        image: the vllm-openai image counts, for whatever CUDA it is published.

    Returns:
        None where there is none.
    """
    for release in reversed(releases()):
        if image:
            new_enough = release.image_tag(driver) is not None
        else:
            toolkit = find_toolkit(release.cuda)
            least = version_key(toolkit.least_driver) if toolkit else ()
            new_enough = not driver or least <= version_key(driver)
        if new_enough and all(board is None or release.runs_on(board) for board in boards):
            return release
    return None


def cuda_of(packages: Mapping[str, str]) -> str:
    """The CUDA that an installed vLLM is built for: ``13.0``; empty for none, or unknown.

    Args:
        packages: releases of installed distributions.
    """
    if _NO_CUDA.search(packages.get("vllm", "")):
        return ""
    for name in ("vllm", "torch"):
        if local := _LOCAL.search(packages.get(name, "")):
            return f"{local[1]}.{local[2]}"
    for name in _RUNTIMES:
        if name in packages:
            return ".".join(packages[name].split(".")[:2])
    release = find_release(packages.get("vllm", ""))
    return release.cuda if release else ""


def version_key(text: str) -> tuple[int, ...]:
    """The numbers a version begins with, for comparing; none of what is no version.

    >>> version_key("v0.26.1rc2+cu129"), version_key("580.65.06")
    ((0, 26, 1), (580, 65, 6))
    """
    found = re.match(r"v?(\d+(?:\.\d+)*)", text)
    return tuple(map(int, found[1].split("."))) if found else ()


def _pair(capability: str) -> tuple[int, int]:
    major, minor = capability.split(".")
    return int(major), int(minor)


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
