"""What earlier releases of vLLM build otherwise than the newest, whose classes families read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.modules import Buffer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.architecture import Architecture, Layer
    from planner.model.modules import Module

_ROTARY = "rotary_emb"


def as_built_before(
    architecture: Architecture, rotary_positions: Mapping[str, int]
) -> Architecture:
    """The model as a release builds it; ``rotary_positions`` is its fact of that name."""
    factor = rotary_positions.get(architecture.name, 1)
    if factor == 1:
        return architecture
    # layers alike stay one object, by which they are counted
    longer: dict[int, Layer] = {}
    for layer in architecture.layers:
        if id(layer) not in longer:
            modules = tuple(_longer(module, factor) for module in layer.modules)
            longer[id(layer)] = replace(layer, modules=modules)
    return replace(architecture, layers=tuple(longer[id(layer)] for layer in architecture.layers))


def _longer(module: Module, factor: int) -> Module:
    if isinstance(module, Buffer) and module.shared and module.name == _ROTARY:
        return replace(module, elements=module.elements * factor)
    return module
