"""Idefics' kind of SigLIP, which takes images of any shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.architecture import Block
from planner.model.blocks import norm
from planner.model.modules import Weight
from planner.model.vision import Encoder

if TYPE_CHECKING:
    from planner.model.keys import Keys

DEFAULTS: dict[str, Any] = {
    "hidden_size": 1152,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 16,
    "image_size": 224,
    "patch_size": 32,
}
"""transformers.Idefics3VisionConfig and SmolVLMVisionConfig (5.19)"""


def idefics(
    keys: Keys, prefix: str, *, post_norm: bool = True, dropped_layers: int = 0
) -> tuple[Block, ...]:
    """Layers as SigLIP's; ``dropped_layers`` of the last are left out.

    Source: vllm.model_executor.models.idefics2_vision_model.Idefics2VisionTransformer (0.33.0)
    """
    found = Encoder.read(keys.with_defaults(DEFAULTS))
    positions = (found.patches, found.hidden)
    last = (norm(f"{prefix}.post_layernorm", found.hidden, bias=True),) if post_norm else ()
    once = (
        *found.patch_weight(f"{prefix}.embeddings.patch_embedding", bias=True),
        Weight(name=f"{prefix}.embeddings.position_embedding", shape=positions),
        *last,
    )
    layer = found.layer(
        f"{prefix}.encoder.layers.0",
        names=("qkv_proj", "out_proj"),
        feed_forward=("", "fc1", "fc2"),
        norm_names=("layer_norm1", "layer_norm2"),
    )
    return Block(modules=once), Block(modules=layer, count=found.num_layers - dropped_layers)
