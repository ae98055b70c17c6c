"""One layout's stages, for tests that look at the terms of a whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.estimate import estimate
from planner.request import request

if TYPE_CHECKING:
    from planner.plan import Stage


def stages_of(model: str, gpus: str, **options: object) -> tuple[Stage, ...]:
    """The stages of the one layout that options describe."""
    asked = request(model=model, gpus=gpus, offline=True, calibration=False, **options)
    memory = estimate(asked, {}).layouts[0].memory
    if memory is None:
        raise ValueError(f"{model} has no memory figures on {gpus}")
    return memory.stages
