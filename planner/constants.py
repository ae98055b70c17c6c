"""Constants that measurement gave, each with its interval, source, date and range.

``constants_data/<term>.toml`` holds a term's constants. Each entry says for which vLLM versions
(both ends count), platforms and model runners it holds; the last entry that fits is taken, so a
file goes from the general to the particular.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from planner.frozen import frozen

_FOLDER = Path(__file__).parent / "constants_data"

#: boards of compute capability 9.x and 10.x (data centre): larger cuBLAS workspaces, fused
#: all-reduce
HOPPER = "hopper"
BLACKWELL = "blackwell"
#: NVIDIA boards below 8.0: no FlashInfer, no FlashAttention
TURING = "turing"
#: every other NVIDIA board
CUDA = "cuda"
ROCM = "rocm"
#: everything else; nothing was measured there, the general entries are taken
OTHER = "other"

_FAMILY_OF_CAPABILITY = {7: TURING, 9: HOPPER, 10: BLACKWELL}


@frozen
class Constant:
    """One figure.

    Attributes:
        low, mid, high: about four runs in five lie between low and high.
        unit: what it counts, or what it multiplies.
        versions: the vLLM releases it holds for, in words.
        source: where the runs are recorded, or the code was read; date: when they were made.
        points: how many runs it rests on; 0 where it was read or inferred.
        note: what else one should know.
    """

    name: str
    low: float
    mid: float
    high: float
    unit: str
    versions: str
    source: str
    date: str
    points: int
    note: str


def platform_family(platform: str, capability: int) -> str:
    """The name under which constants are kept: vLLM's platform, and for CUDA the capability.

    ``capability`` is vLLM's whole number: 75, 80, 90, 100.

    >>> platform_family("cuda", 90), platform_family("cuda", 75), platform_family("rocm", 90)
    ('hopper', 'turing', 'rocm')
    """
    if platform == CUDA:
        return _FAMILY_OF_CAPABILITY.get(capability // 10, CUDA)
    return platform if platform == ROCM else OTHER


@cache
def term(name: str, version: tuple[int, int], family: str, runner: str) -> dict[str, Constant]:
    """A term's constants by name, as they hold for a release, a platform and a model runner.

    ``name`` is a file of ``constants_data``; ``version`` such as (0, 33); ``family`` as
    ``platform_family`` gives it; ``runner`` is ``v1`` or ``v2``.
    """
    return {
        entry["name"]: _constant(entry)
        for entry in _entries(name)
        if _holds(entry, version, family, runner)
    }


def _constant(entry: dict[str, Any]) -> Constant:
    return Constant(
        name=entry["name"],
        low=entry["low"],
        mid=entry["mid"],
        high=entry["high"],
        unit=entry["unit"],
        versions=_versions(entry),
        source=entry["source"],
        date=str(entry["date"]),
        points=entry.get("points", 0),
        note=entry.get("note", ""),
    )


def _versions(entry: dict[str, Any]) -> str:
    match entry.get("since"), entry.get("until"):
        case None, None:
            return "all"
        case None, until:
            return f"up to {until}"
        case since, None:
            return f"from {since}"
        case since, until:
            return f"{since} to {until}"


def _holds(entry: dict[str, Any], version: tuple[int, int], family: str, runner: str) -> bool:
    since, until = entry.get("since"), entry.get("until")
    return (
        (since is None or version >= _number(since))
        and (until is None or version <= _number(until))
        and family in entry.get("platforms", (family,))
        and runner in entry.get("runners", (runner,))
    )


def _number(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)


@cache
def _entries(name: str) -> tuple[dict[str, Any], ...]:
    text = (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["constant"])
