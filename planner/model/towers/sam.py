"""SAM's encoder, the smallest kind, as DeepSeek-OCR takes it: whole on each rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Block
from planner.model.blocks import norm, norms
from planner.model.modules import Weight
from planner.model.towers.parts import convolution, plain_linear

if TYPE_CHECKING:
    from planner.model.modules import Module

_HIDDEN, _HEADS, _DEPTH, _GLOBAL_LAYERS = 768, 12, 12, 4
_SIDE, _WINDOW, _NECK, _MIDDLE, _OUTPUTS = 1024 // 16, 14, 256, 512, 1024


def sam(prefix: str = "sam_model") -> tuple[Block, ...]:
    """Positions relative to a window in most layers, to the image in some.

    Source: vllm.model_executor.models.deepencoder.build_sam_vit_b (0.33.0)
    """
    once = (
        *convolution(f"{prefix}.patch_embed.proj", _HIDDEN, 3, 16, 16),
        Weight(name=f"{prefix}.pos_embed", shape=(_SIDE, _SIDE, _HIDDEN)),
        *convolution(f"{prefix}.neck.0", _NECK, _HIDDEN, 1, 1, bias=False),
        norm(f"{prefix}.neck.1", _NECK, bias=True),
        *convolution(f"{prefix}.neck.2", _NECK, _NECK, 3, 3, bias=False),
        norm(f"{prefix}.neck.3", _NECK, bias=True),
        *convolution(f"{prefix}.net_2", _MIDDLE, _NECK, 3, 3, bias=False),
        *convolution(f"{prefix}.net_3", _OUTPUTS, _MIDDLE, 3, 3, bias=False),
    )
    return (
        Block(modules=once),
        Block(modules=_layer(f"{prefix}.blocks.0", _WINDOW), count=_DEPTH - _GLOBAL_LAYERS),
        Block(modules=_layer(f"{prefix}.blocks.2", _SIDE), count=_GLOBAL_LAYERS),
    )


def _layer(name: str, side: int) -> tuple[Module, ...]:
    positions = (2 * side - 1, _HIDDEN // _HEADS)
    return (
        *norms(_HIDDEN, f"{name}.norm1", f"{name}.norm2", bias=True),
        plain_linear(f"{name}.attn.qkv", _HIDDEN, 3 * _HIDDEN),
        plain_linear(f"{name}.attn.proj", _HIDDEN, _HIDDEN),
        Weight(name=f"{name}.attn.rel_pos_h", shape=positions),
        Weight(name=f"{name}.attn.rel_pos_w", shape=positions),
        plain_linear(f"{name}.mlp.lin1", _HIDDEN, 4 * _HIDDEN),
        plain_linear(f"{name}.mlp.lin2", 4 * _HIDDEN, _HIDDEN),
    )
