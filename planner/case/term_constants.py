"""The measured constants that hold for a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.constants import Constant, platform_family

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.case.grid import Grid


def constants(grid: Grid, name: str) -> Mapping[str, Constant]:
    """A term's constants for the case's vLLM version, platform and model runner."""
    return grid.calibration.term(name, *constants_key(grid))


def constants_key(grid: Grid) -> tuple[tuple[int, int], str, str]:
    """By what constants are looked up: version, platform family and model runner."""
    family = platform_family(grid.group.accelerator.platform, grid.settings.capability)
    return grid.version.number, family, "v2" if grid.runner_v2 else "v1"
