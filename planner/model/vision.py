"""Encoders of images that several model classes share, and how they stand beside a text model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.model.architecture import Architecture, Block
from planner.model.blocks import attention, mlp, norm, norms
from planner.model.dtype import FORBIDS_FLOAT16, checkpoint_dtype
from planner.model.modules import Buffer, Module, Weight

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.keys import Keys

LANGUAGE_LAYERS = "language_model.model.layers"
"""vLLM's name of the text model's stack within a multimodal one"""


def beside(
    text: Architecture, tower: tuple[Block, ...], root: Keys, text_keys: Keys, **changes: object
) -> Architecture:
    """A text model with encoders: the whole file says type and dtype.

    Embedded tokens and pictures lie in the model runner's own tensor, and the residual with them.
    """
    model_type = root.text("model_type")
    facts: dict[str, Any] = {
        "model_type": model_type,
        "dtype": checkpoint_dtype(root, text_keys),
        "forbids_float16": FORBIDS_FLOAT16.get(model_type),
        "layer_prefix": LANGUAGE_LAYERS,
        "tower": tower,
        "eager_hidden_copies": 0,
        **changes,
    }
    return replace(text, **facts)


@frozen
class Encoder:
    """The sizes of a vision transformer."""

    hidden: int
    heads: int
    intermediate: int
    num_layers: int
    image_size: int
    patch_size: int
    channels: int

    @classmethod
    def read(cls, keys: Keys, defaults: Mapping[str, Any] | None = None) -> Encoder:
        """Read them from a ``vision_config``."""
        keys = keys.with_defaults(defaults or {})
        return cls(
            hidden=keys.int("hidden_size"),
            heads=keys.int("num_attention_heads"),
            intermediate=keys.int("intermediate_size"),
            num_layers=keys.int("num_hidden_layers"),
            image_size=keys.int("image_size"),
            patch_size=keys.int("patch_size"),
            channels=keys.int("num_channels", default=3),
        )

    @property
    def head_dim(self) -> int:
        """Features of one head."""
        return self.hidden // self.heads

    @property
    def patches(self) -> int:
        """Patches of one image."""
        return (self.image_size // self.patch_size) ** 2

    def up_to(self, feature_layers: object) -> Encoder:
        """Only the layers that the deepest asked-for feature needs; -1 is the last.

        Source: vllm.model_executor.models.utils.get_layer_index (0.33.0)
        """
        asked = feature_layers if isinstance(feature_layers, list) else [feature_layers]
        depths = [
            self.num_layers + layer + 1 if layer < 0 else layer
            for layer in asked
            if isinstance(layer, int)
        ]
        return replace(self, num_layers=max(depths, default=self.num_layers))

    def layer(
        self,
        prefix: str,
        *,
        names: tuple[str, str],
        feed_forward: tuple[str, str, str],
        norm_names: tuple[str, str],
        blocks: tuple[str, str] = ("self_attn", "mlp"),
        gated: bool = False,
        bias: bool = True,
        quantized: bool = True,
    ) -> tuple[Module, ...]:
        """One layer: attention and MLP with the norms before them, biases in all or none."""
        qkv, out, _ = attention(
            hidden=self.hidden,
            heads=self.heads,
            kv_heads=self.heads,
            head_dim=self.head_dim,
            qkv_bias=bias,
            out_bias=bias,
            prefix=f"{prefix}.{blocks[0]}",
            names=names,
        )
        up, down = mlp(
            hidden=self.hidden,
            intermediate=self.intermediate,
            gated=gated,
            bias=bias,
            prefix=f"{prefix}.{blocks[1]}",
            names=feed_forward,
        )
        return (
            *(replace(linear, quantized=quantized) for linear in (qkv, out, up, down)),
            *norms(self.hidden, *(f"{prefix}.{name}" for name in norm_names), bias=bias),
        )

    def patch_weight(self, name: str, *, bias: bool = False) -> tuple[Module, ...]:
        """The convolution that turns a patch into a vector."""
        shape = (self.hidden, self.channels, self.patch_size, self.patch_size)
        weight = Weight(name=name, shape=shape)
        return (weight, Weight(name=f"{name}.bias", shape=(self.hidden,))) if bias else (weight,)


CLIP_DEFAULTS = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "image_size": 224,
    "patch_size": 32,
}
"""transformers.CLIPVisionConfig (5.19)"""
SIGLIP_DEFAULTS = {**CLIP_DEFAULTS, "patch_size": 16}
"""transformers.SiglipVisionConfig (5.19)"""
PIXTRAL_DEFAULTS = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 1024,
    "patch_size": 16,
}
"""transformers.PixtralVisionConfig (5.19)"""
_CLIP_NAMES: dict[str, Any] = {
    "names": ("qkv_proj", "out_proj"),
    "feed_forward": ("", "fc1", "fc2"),
    "norm_names": ("layer_norm1", "layer_norm2"),
}


def siglip(
    encoder: Encoder, prefix: str = "vision_tower.vision_model", *, post_norm: bool = True
) -> tuple[Block, ...]:
    """SigLIP: a position for each patch, layer norms and biases throughout.

    Source: vllm.model_executor.models.siglip.SiglipVisionTransformer (0.33.0)
    """
    once = (
        *encoder.patch_weight(f"{prefix}.embeddings.patch_embedding", bias=True),
        *_positions(encoder.patches, encoder.hidden, prefix),
        *((norm(f"{prefix}.post_layernorm", encoder.hidden, bias=True),) if post_norm else ()),
    )
    layer = encoder.layer(f"{prefix}.encoder.layers.0", **_CLIP_NAMES)
    return Block(modules=once), Block(modules=layer, count=encoder.num_layers)


def clip(
    encoder: Encoder, prefix: str = "vision_tower.vision_model", *, post_norm: bool = False
) -> tuple[Block, ...]:
    """CLIP: a position for each patch and one for the class.

    Source: vllm.model_executor.models.clip.CLIPVisionTransformer (0.33.0)
    """
    once = (
        Weight(name=f"{prefix}.embeddings.class_embedding", shape=(encoder.hidden,)),
        *encoder.patch_weight(f"{prefix}.embeddings.patch_embedding"),
        *_positions(encoder.patches + 1, encoder.hidden, prefix),
        norm(f"{prefix}.pre_layrnorm", encoder.hidden, bias=True),
        *((norm(f"{prefix}.post_layernorm", encoder.hidden, bias=True),) if post_norm else ()),
    )
    layer = encoder.layer(f"{prefix}.encoder.layers.0", **_CLIP_NAMES)
    return Block(modules=once), Block(modules=layer, count=encoder.num_layers)


def pixtral(encoder: Encoder, prefix: str = "vision_tower") -> tuple[Block, ...]:
    """Pixtral in transformers' form: a gated MLP, no biases, rotary frequencies.

    Source: vllm.model_executor.models.pixtral.PixtralHFVisionModel (0.33.0)
    """
    once = (
        *encoder.patch_weight(f"{prefix}.patch_conv"),
        norm(f"{prefix}.ln_pre", encoder.hidden),
        Buffer(
            name=f"{prefix}.patch_positional_embedding",
            elements=2 * (encoder.head_dim // 2),
            dtype="float32",
        ),
    )
    layer = encoder.layer(
        f"{prefix}.transformer.layers.0",
        names=("qkv_proj", "o_proj"),
        feed_forward=("gate_proj", "up_proj", "down_proj"),
        norm_names=("attention_norm", "ffn_norm"),
        blocks=("attention", "feed_forward"),
        gated=True,
        bias=False,
    )
    return Block(modules=once), Block(modules=layer, count=encoder.num_layers)


def _positions(count: int, hidden: int, prefix: str) -> tuple[Module, ...]:
    return (
        Weight(name=f"{prefix}.embeddings.position_embedding", shape=(count, hidden)),
        Buffer(name=f"{prefix}.embeddings.position_ids", elements=count, dtype="int64"),
    )
