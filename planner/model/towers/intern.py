"""InternViT: the vision transformer of InternVL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model.architecture import Block
from planner.model.blocks import norm, norms, replicated
from planner.model.modules import Linear, Part, Weight
from planner.model.towers.parts import column, convolution, plain_linear, row, unquantized
from planner.model.vision import Encoder

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

DEFAULTS: dict[str, Any] = {
    "hidden_size": 3200,
    "intermediate_size": 12800,
    "num_hidden_layers": 48,
    "num_attention_heads": 25,
    "image_size": 224,
    "patch_size": 14,
    "qkv_bias": False,
    "qk_normalization": True,
    "norm_type": "rms_norm",
}
"""InternVisionConfig of the checkpoints' own configuration_intern_vit.py"""


def intern_vit(
    keys: Keys, prefix: str = "vision_model", *, select_layer: int = -1, quantized: bool = True
) -> tuple[Block, ...]:
    """Attention is whole on each rank where its heads do not divide; the MLP is always divided.

    Source: vllm.model_executor.models.intern_vit.InternVisionModel (0.33.0)
    """
    keys = keys.with_defaults(DEFAULTS)
    found = Encoder.read(keys)
    used = found.num_layers + select_layer + 1 if select_layer < 0 else select_layer + 1
    positions = (found.patches + 1, found.hidden)
    patch = (found.channels, found.patch_size, found.patch_size)
    once = (
        Weight(name=f"{prefix}.embeddings.class_embedding", shape=(found.hidden,)),
        *convolution(f"{prefix}.embeddings.patch_embedding", found.hidden, *patch),
        Weight(name=f"{prefix}.embeddings.position_embedding", shape=positions),
    )
    layer = intern_layer(
        found,
        f"{prefix}.encoder.layers.0",
        bias=keys.flag("qkv_bias"),
        normed=keys.flag("qk_normalization"),
        norm_bias=keys.text("norm_type") == "layer_norm",
    )
    layer = layer if quantized else unquantized(layer)
    return Block(modules=once), Block(modules=layer, count=used)


def intern_layer(
    found: Encoder,
    name: str,
    *,
    bias: bool,
    normed: bool,
    norm_bias: bool,
) -> tuple[Module, ...]:
    """One layer: ``bias`` of query, key and value; ``normed`` over heads."""
    hidden, heads = found.hidden, found.heads
    qkv = Linear(
        name=f"{name}.attn.qkv",
        inputs=hidden,
        parts=(Part(heads, found.head_dim),) * 3,
        bias=bias,
        divided_by=heads,
    )
    out = replace(row(f"{name}.attn.proj", hidden, hidden, units=heads), divided_by=heads)
    over_heads = (f"{name}.attn.q_norm", f"{name}.attn.k_norm")
    scales = (f"{name}.ls1", f"{name}.ls2")
    return (
        qkv,
        out,
        *(norms(hidden, *over_heads) if normed else ()),
        column(f"{name}.mlp.fc1", hidden, found.intermediate),
        row(f"{name}.mlp.fc2", found.intermediate, hidden),
        *norms(hidden, f"{name}.norm1", f"{name}.norm2", bias=norm_bias),
        *(Weight(name=scale, shape=(hidden,)) for scale in scales),
    )


def pixel_shuffle_projector(
    hidden: int,
    text_hidden: int,
    downsample_ratio: float,
    name: str = "mlp1",
    *,
    quantized: bool = False,
) -> Block:
    """Neighbouring patches become one vector; a norm and two layers, whole on each rank.

    ``quantized``: the checkpoint's number format applies to them.

    Source: vllm.model_executor.models.internvl.InternVLChatModel._init_mlp1 (0.33.0)
    """
    merged = hidden * int(1 / downsample_ratio) ** 2
    linear = replicated if quantized else plain_linear
    return Block(
        modules=(
            norm(f"{name}.0", merged, bias=True),
            linear(f"{name}.1", merged, text_hidden, bias=True),
            linear(f"{name}.3", text_hidden, text_hidden, bias=True),
        )
    )
