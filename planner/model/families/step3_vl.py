"""Step-3: a CLIP-like encoder and convolutions beside Step-3's text model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.modules import Buffer, Weight
from planner.model.towers.parts import convolution, plain_linear
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Step3VLForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}
VISION_DEFAULTS: dict[str, Any] = {
    "hidden_size": 1792,
    "intermediate_size": 3072,
    "output_hidden_size": 4096,
    "num_hidden_layers": 63,
    "num_attention_heads": 16,
    "image_size": 728,
    "patch_size": 14,
}
"""vllm.transformers_utils.configs.step3_vl.Step3VisionEncoderConfig (0.33.0)"""


def read(keys: Keys) -> Architecture:
    """The encoder is never quantized.

    Source: vllm.model_executor.models.step3_vl (0.33.0)
    """
    text_keys = text_part(keys, {"model_type": "step3_text"}, tied=None)
    text = registered(text_keys)
    part = keys.part("vision_config").with_defaults(VISION_DEFAULTS)
    encoder, outputs = vision.Encoder.read(part), part.int("output_hidden_size")
    prefix = "vision_model"
    positions = encoder.patches + 1
    once = (
        Weight(name=f"{prefix}.embeddings.class_embedding", shape=(encoder.hidden,)),
        *encoder.patch_weight(f"{prefix}.embeddings.patch_embedding", bias=True),
        Weight(name=f"{prefix}.embeddings.positions", shape=(positions, encoder.hidden)),
        Buffer(name=f"{prefix}.embeddings.position_ids", elements=positions, dtype="int64"),
        *convolution("vit_downsampler", outputs, encoder.hidden, 2, 2),
        *convolution("vit_downsampler2", 2 * outputs, outputs, 3, 3),
        plain_linear(
            "vit_large_projector",
            2 * outputs,
            keys.int("hidden_size", default=text.hidden_size),
            bias=keys.flag("projector_bias", default=True),
        ),
    )
    layer = encoder.layer(
        f"{prefix}.transformer.layers.0",
        names=("qkv_proj", "out_proj"),
        feed_forward=("", "fc1", "fc2"),
        norm_names=("layer_norm1", "layer_norm2"),
        quantized=False,
    )
    tower = (Block(modules=once), Block(modules=layer, count=encoder.num_layers))
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)
