"""The encoders of Ovis: AIMv2, SigLIP, and a SigLIP 2 for images of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import mlp, norm, norms, replicated
from planner.model.modules import Buffer, Weight
from planner.model.towers.parts import convolution

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

AIMV2_DEFAULTS: dict[str, Any] = {
    "hidden_size": 1024,
    "intermediate_size": 2816,
    "num_hidden_layers": 24,
    "num_attention_heads": 8,
    "image_size": 224,
    "patch_size": 14,
}
"""transformers.Aimv2VisionConfig (5.19)"""
SIGLIP2_DEFAULTS: dict[str, Any] = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "num_patches": -1,
    "image_size": 512,
    "patch_size": 16,
    "hidden_stride": 2,
    "preserve_original_pe": True,
}
"""Siglip2NavitConfig of the checkpoints' own configuration_ovis2_5.py"""


def aimv2(keys: Keys, prefix: str) -> tuple[Block, ...]:
    """AIMv2: RMS norms and a gated MLP, divided in either mode.

    Source: vllm.model_executor.models.aimv2.AIMv2Model (0.33.0)
    """
    keys = keys.with_defaults(AIMV2_DEFAULTS)
    found = vision.Encoder.read(keys)
    bias = keys.flag("mlp_bias")
    name = f"{prefix}.trunk.blocks.0"
    qkv, out, *_ = found.layer(
        name,
        names=("qkv", "proj"),
        feed_forward=("", "fc1", "fc2"),
        norm_names=("norm_1", "norm_2"),
        blocks=("attn", "mlp"),
        bias=keys.flag("qkv_bias"),
    )
    layer = (
        qkv,
        out,
        *mlp(
            hidden=found.hidden,
            intermediate=found.intermediate,
            bias=bias,
            prefix=f"{name}.mlp",
            names=("fc1", "fc3", "fc2"),
        ),
        *norms(found.hidden, f"{name}.norm_1", f"{name}.norm_2"),
    )
    embed = f"{prefix}.preprocessor"
    once = (
        *found.patch_weight(f"{embed}.patchifier.proj", bias=True),
        norm(f"{embed}.patchifier.norm", found.hidden),
        Weight(name=f"{embed}.pos_embed", shape=(found.patches, found.hidden)),
    )
    return Block(modules=once), Block(modules=layer, count=found.num_layers)


def siglip2_navit(keys: Keys, prefix: str) -> tuple[Block, ...]:
    """SigLIP 2 with rotary positions beside the learned ones.

    Source: vllm.model_executor.models.siglip2navit.Siglip2VisionTransformer (0.33.0)
    """
    keys = keys.with_defaults(SIGLIP2_DEFAULTS)
    found = vision.Encoder.read(keys)
    hidden, patches = found.hidden, keys.int("num_patches")
    embed = f"{prefix}.embeddings"
    pixels = found.channels * found.patch_size**2
    patch: tuple[Module, ...] = (replicated(f"{embed}.patch_embedding", pixels, hidden, bias=True),)
    if patches <= 0:
        sizes = (found.channels, found.patch_size, found.patch_size)
        patch = convolution(f"{embed}.patch_embedding", hidden, *sizes)
        patches = found.patches
    if keys.flag("preserve_original_pe"):
        patch += (Weight(name=f"{embed}.position_embedding", shape=(patches, hidden)),)
    frequencies = Buffer(
        name=f"{prefix}.encoder.rotary_pos_emb.inv_freq",
        elements=found.head_dim // 4,
        dtype="float32",
    )
    layer = found.layer(
        f"{prefix}.encoder.layers.0",
        names=("qkv_proj", "out_proj"),
        feed_forward=("", "fc1", "fc2"),
        norm_names=("layer_norm1", "layer_norm2"),
    )
    once = (*patch, frequencies, norm(f"{prefix}.post_layernorm", hidden, bias=True))
    return Block(modules=once), Block(modules=layer, count=found.num_layers)
