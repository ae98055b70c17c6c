"""Phi-4 Multimodal: SigLIP and a conformer beside Phi-4 mini."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.families import phi3
from planner.model.keys import Keys
from planner.model.modules import Weight
from planner.model.towers.conformer import conformer
from planner.model.towers.idefics import idefics
from planner.model.towers.parts import plain_linear

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.modules import Module

ARCHITECTURES = ("Phi4MMForCausalLM",)
EXAMPLES: dict[str, int] = {}
_SIGLIP: dict[str, Any] = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 448,
    "patch_size": 14,
}
"""vllm.model_executor.models.phi4mm.get_navit_vision_model (0.33.0)"""
_LAYER = -2


def read(keys: Keys) -> Architecture:
    """The encoder of sound is described in the form of Microsoft's own code.

    Source: vllm.model_executor.models.phi4mm, .phi4mm_audio (0.33.0)
    """
    text = phi3.read(keys)
    hidden, width = text.hidden_size, int(_SIGLIP["hidden_size"])
    used = keys.part("img_processor").int("layer_idx", default=_LAYER)
    eyes = idefics(
        Keys(_SIGLIP), "vision_encoder.img_processor", post_norm=False, dropped_layers=-used - 1
    )
    name = "vision_encoder"
    marks = (
        Weight(name=f"{name}.glb_GN", shape=(width,)),
        Weight(name=f"{name}.sub_GN", shape=(width,)),
        *_mlp(f"{name}.img_projection", width, hidden),
    )
    sound = keys.part("audio_processor").part("config")
    if not sound.mapping:
        sound = _from_transformers(keys.part("audio_config"))
    embed = "embed_tokens_extend"
    heard = sound.int("attention_dim")
    projections = (
        *_mlp(f"{embed}.audio_projection", heard, hidden),
        *_mlp(f"{embed}.audio_projection_for_vision", heard, hidden),
    )
    ears = conformer(sound, f"{embed}.encoder")
    tower = (*eyes, Block(modules=(*marks, *projections)), *ears)
    return vision.beside(text, tower, keys, keys, layer_prefix="model.layers", supports_pp=False)


def _from_transformers(part: Keys) -> Keys:
    """The same from a file in transformers' form, which vLLM itself does not build."""
    return part.replaced(
        {
            "attention_dim": part.int("hidden_size", default=1024),
            "attention_heads": part.int("num_attention_heads", default=16),
            "linear_units": part.int("intermediate_size", default=1536),
            "depthwise_seperable_out_channel": part.raw("depthwise_separable_out_channel"),
            "nemo_conv_settings": {"conv_channels": part.int("nemo_conv_channels", default=1024)},
            "relative_attention_bias_args": {"t5_bias_max_distance": part.raw("bias_max_distance")},
        }
    )


def _mlp(name: str, inputs: int, outputs: int) -> tuple[Module, ...]:
    return (
        plain_linear(f"{name}.0", inputs, outputs),
        plain_linear(f"{name}.2", outputs, outputs),
    )
