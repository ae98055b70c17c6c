"""How many parameters a model has, whatever format they are stored in."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import TYPE_CHECKING

from planner.model.modules import Buffer, Embedding, Experts, Linear, Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.modules import Module


def count_parameters(architecture: Architecture) -> int:
    """Parameters that vLLM loads: layers, vocabulary, towers.

    Not counted: vocabulary padding, quantization scales, layers for speculative decoding that
    the checkpoint may hold beside, a tied output head.
    Checked: DeepSeek-R1 671,026,419,200, Llama-3.1-8B 8,030,261,248.
    """
    total = sum(
        times * sum(map(_elements, layer.modules))
        for layer, times in Counter(architecture.layers).items()
    )
    for block in architecture.tower:
        total += block.count * sum(map(_elements, block.modules))
    for module in (*architecture.first, *architecture.every, *architecture.ends):
        total += _elements(module)
    for module in architecture.last:
        total += 0 if architecture.tied and isinstance(module, Embedding) else _elements(module)
    return total


def _elements(module: Module) -> int:
    match module:
        case Linear():
            rows = sum(part.rows for part in module.parts)
            return rows * module.inputs + (rows if module.bias else 0)
        case Experts():
            up = module.intermediate * (2 if module.gated else 1)
            weights = (up + module.intermediate) * module.hidden
            return module.count * (weights + (up + module.hidden if module.bias else 0))
        case Embedding():
            return module.vocab_size * (module.hidden + (1 if module.bias else 0))
        case Weight():
            return prod(module.shape)
        case Buffer():
            return 0
