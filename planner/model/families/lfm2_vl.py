"""LFM2-VL: SigLIP 2 beside LFM2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm, replicated
from planner.model.modules import Weight
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Lfm2VlForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}
VISION_DEFAULTS: dict[str, Any] = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "num_patches": 256,
    "image_size": 256,
    "patch_size": 16,
}
"""transformers.Siglip2VisionConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """The projector is whole on each rank.

    Source: vllm.model_executor.models.lfm2_vl, .lfm2_siglip2 (0.33.0)
    """
    text_keys = text_part(keys, {"model_type": "lfm2"}, tied=True)
    text = registered(text_keys)
    part = keys.part("vision_config").with_defaults(VISION_DEFAULTS)
    encoder = vision.Encoder.read(part)
    hidden, prefix = encoder.hidden, "vision_tower.vision_model"
    merged = hidden * keys.int("downsample_factor", default=2) ** 2
    inner = keys.int("projector_hidden_size", default=2560)
    bias = keys.flag("projector_bias", default=True)
    name = "multi_modal_projector"
    used = keys.flag("projector_use_layernorm", default=True)
    once = (
        replicated(
            f"{prefix}.embeddings.patch_embedding",
            encoder.channels * encoder.patch_size**2,
            hidden,
            bias=True,
        ),
        Weight(
            name=f"{prefix}.embeddings.position_embedding",
            shape=(part.int("num_patches"), hidden),
        ),
        norm(f"{prefix}.post_layernorm", hidden, bias=True),
        *((norm(f"{name}.layer_norm", merged, bias=True),) if used else ()),
        replicated(f"{name}.linear_1", merged, inner, bias=bias),
        replicated(f"{name}.linear_2", inner, text.hidden_size, bias=bias),
    )
    layer = encoder.layer(
        f"{prefix}.encoder.layers.0",
        names=("qkv_proj", "out_proj"),
        feed_forward=("", "fc1", "fc2"),
        norm_names=("layer_norm1", "layer_norm2"),
    )
    tower = (Block(modules=once), Block(modules=layer, count=encoder.num_layers))
    return vision.beside(text, tower, keys, text_keys)
