"""The encoder of images and videos that Qwen3-VL and Qwen3.5 share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Block
from planner.model.blocks import norms
from planner.model.modules import Linear, Part, Split, Weight
from planner.model.rope import rope_buffer
from planner.model.vision import Encoder

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

DEFAULTS = {
    "depth": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_heads": 16,
    "in_channels": 3,
    "patch_size": 16,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "out_hidden_size": 3584,
    "num_position_embeddings": 2304,
}
"""transformers.Qwen3VLVisionConfig and Qwen3_5VisionConfig (5.19)"""
_ROPE_POSITIONS = 8192
_ROPE = {"partial_rotary_factor": 0.5}


def qwen3_tower(vision: Keys, *, prefix: str = "visual") -> tuple[Block, ...]:
    """Patches, positions, layers, and the projector that merges neighbouring patches.

    ``deepstack_visual_indexes`` are layers whose output goes through a projector of its own.
    Source: vllm.model_executor.models.qwen3_vl.Qwen3_VisionTransformer (0.33.0)
    """
    keys = vision.with_defaults(DEFAULTS)
    encoder = Encoder(
        hidden=keys.int("hidden_size"),
        heads=keys.int("num_heads"),
        intermediate=keys.int("intermediate_size"),
        num_layers=keys.int("depth"),
        image_size=0,
        patch_size=keys.int("patch_size"),
        channels=keys.int("in_channels"),
    )
    layer = encoder.layer(
        f"{prefix}.blocks.0",
        names=("qkv", "proj"),
        feed_forward=("linear_fc1", "linear_fc1", "linear_fc2"),
        norm_names=("norm1", "norm2"),
        blocks=("attn", "mlp"),
    )
    deepstack = len(keys.list("deepstack_visual_indexes"))
    merger = _merger(keys, f"{prefix}.merger", after_merging=False)
    extra = _merger(keys, f"{prefix}.deepstack_merger_list.0", after_merging=True)
    return (
        Block(modules=_entrance(keys, encoder, prefix)),
        Block(modules=layer, count=encoder.num_layers),
        Block(modules=merger),
        *((Block(modules=extra, count=deepstack),) if deepstack else ()),
    )


def _entrance(keys: Keys, encoder: Encoder, prefix: str) -> tuple[Module, ...]:
    patch = (keys.int("temporal_patch_size"), encoder.patch_size, encoder.patch_size)
    positions = keys.int("num_position_embeddings")
    name = f"{prefix}.patch_embed.proj"
    return (
        Weight(name=name, shape=(encoder.hidden, encoder.channels, *patch)),
        Weight(name=f"{name}.bias", shape=(encoder.hidden,)),
        Weight(name=f"{prefix}.pos_embed", shape=(positions, encoder.hidden)),
        rope_buffer(encoder.head_dim, _ROPE_POSITIONS, _ROPE, f"{prefix}.rotary_pos_emb"),
    )


def _merger(keys: Keys, prefix: str, *, after_merging: bool) -> tuple[Module, ...]:
    """A projector; ``after_merging``: it norms the merged patches, not each."""
    hidden = keys.int("hidden_size")
    merged = hidden * keys.int("spatial_merge_size") ** 2
    return (
        *norms(merged if after_merging else hidden, f"{prefix}.norm", bias=True),
        Linear(name=f"{prefix}.linear_fc1", inputs=merged, parts=(Part(merged),), bias=True),
        Linear(
            name=f"{prefix}.linear_fc2",
            inputs=merged,
            parts=(Part(keys.int("out_hidden_size")),),
            split=Split.ROW,
            bias=True,
        ),
    )
