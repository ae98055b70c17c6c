"""The layers that a checkpoint leaves unquantized, where the collected copy lacks its list.

``evidence.toml`` says by patterns which they are, and how many scales the hub counts
beyond the parameters: as many as all other layers have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from planner.model.compact_lists import natural
from planner.model.modules import Linear
from planner.model.read import read_architecture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.model.architecture import Architecture, Block

_FIRST = ".0."
"""in the names of a block that stands for several"""


def with_unquantized(config: dict[str, Any], patterns: Sequence[str]) -> dict[str, Any]:
    """The configuration with its list of the matrices whose names contain a pattern."""
    wanted = re.compile("|".join(patterns))
    names = sorted(filter(wanted.search, matrices(config)), key=natural)
    stated = {**config["quantization_config"], "modules_to_not_convert": names}
    return {**config, "quantization_config": stated}


def matrices(config: Mapping[str, Any]) -> Iterator[str]:
    """The names of a model's linear layers, layers and encoders alike."""
    architecture = read_architecture(config)
    yield from _of_layers(architecture)
    for block in architecture.tower:
        yield from _of_block(block)


def _of_layers(architecture: Architecture) -> Iterator[str]:
    for index, layer in enumerate(architecture.layers):
        for module in layer.modules:
            if isinstance(module, Linear):
                yield from (
                    f"{architecture.layer_prefix}.{index}.{name}"
                    for name in module.checkpoint_names
                )


def _of_block(block: Block) -> Iterator[str]:
    for module in block.modules:
        if isinstance(module, Linear):
            for name in module.checkpoint_names:
                yield from (name.replace(_FIRST, f".{index}.", 1) for index in range(block.count))
