"""Which matrices a tensor-parallel size does not divide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.model.modules import Embedding, Experts, Linear, Split, Weight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.layout import Layouts
    from planner.model.architecture import Architecture
    from planner.model.modules import Module
    from planner.units import Bools, IntLike


@frozen
class Uneven:
    """A dimension that some layouts cannot divide; ``broken`` marks their rows."""

    name: str
    size: int
    broken: Bools


def uneven(architecture: Architecture, layouts: Layouts) -> tuple[Uneven, ...]:
    """Every dimension that some row does not divide evenly, each once.

    Source: vllm.distributed.utils.divide (0.33.0), as each layer class calls it
    """
    found: dict[tuple[str, int], Uneven] = {}
    modules = [m for kind in architecture.kinds for m in kind.modules]
    modules += [m for block in architecture.tower for m in block.modules]
    for module in (*architecture.first, *architecture.last, *architecture.every, *modules):
        for name, size, divides in _dimensions(module, layouts):
            broken = np.broadcast_to(~np.asarray(divides, dtype=np.bool_), layouts.tp.shape)
            if broken.any():
                found.setdefault((name, size), Uneven(name=name, size=size, broken=broken))
    return tuple(found.values())


def _dimensions(module: Module, layouts: Layouts) -> Iterator[tuple[str, int, IntLike]]:
    match module:
        case Linear(divided_by=int()):
            return
        case Linear(split=Split.ROW, input_units=int(heads)):
            yield f"heads of {module.name}", heads, module.divides(layouts.tp)
        case Linear(split=Split.ROW):
            yield f"{module.name} inputs", module.inputs, module.divides(layouts.tp)
        case Linear(split=Split.COLUMN):
            for part in module.parts:
                yield f"{module.name} outputs", part.rows, part.divides(layouts.tp)
        case Experts():
            even = module.intermediate % layouts.moe_tp == 0
            yield f"{module.name} features", module.intermediate, even
        case Embedding():
            even = module.divides(layouts.tp)
            yield "padded vocabulary", module.padded_vocab, even
        case Weight(split_axis=int(axis)):
            yield module.name, module.shape[axis], module.divides(layouts.tp)
