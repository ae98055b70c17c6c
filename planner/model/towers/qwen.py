"""The vision transformers of Qwen2-VL, Qwen2.5-VL and Qwen3-VL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.model.architecture import Block
from planner.model.blocks import mlp, norm, norms
from planner.model.modules import Linear, Part, Weight
from planner.model.rope import rope_buffer
from planner.model.towers.parts import column, convolution, row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.keys import Keys
    from planner.model.modules import Buffer, Module

ROPE_POSITIONS = 8192
"""``max_position`` of the encoders' rotary table (vllm.model_executor.models.qwen2_vl, 0.33.0)"""
QWEN2_DEFAULTS: dict[str, Any] = {
    "depth": 32,
    "embed_dim": 1280,
    "hidden_size": 3584,
    "mlp_ratio": 4,
    "num_heads": 16,
    "in_channels": 3,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}
"""transformers.Qwen2VLVisionConfig (5.19)"""
QWEN2_5_DEFAULTS: dict[str, Any] = {
    "depth": 32,
    "hidden_size": 3584,
    "intermediate_size": 3420,
    "num_heads": 16,
    "in_channels": 3,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "out_hidden_size": 3584,
}
"""transformers.Qwen2_5_VLVisionConfig (5.19)"""
QWEN3_DEFAULTS: dict[str, Any] = {
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
    "deepstack_visual_indexes": [8, 16, 24],
}
"""transformers.Qwen3VLVisionConfig (5.19)"""


@frozen
class QwenVision:
    """Sizes that the three have in common; ``hidden`` is the encoder's own width."""

    prefix: str
    hidden: int
    intermediate: int
    heads: int
    depth: int
    patch: tuple[int, ...]
    merged: int
    outputs: int
    kv_heads: int

    @classmethod
    def read(
        cls,
        keys: Keys,
        defaults: Mapping[str, Any],
        *,
        prefix: str = "visual",
        hidden: str = "hidden_size",
        outputs: str = "out_hidden_size",
    ) -> QwenVision:
        """Read a ``vision_config``; ``hidden`` and ``outputs`` are the keys of the two widths."""
        keys = keys.with_defaults(defaults)
        size = keys.int("patch_size")
        width = keys.int(hidden)
        ratio = keys.float("mlp_ratio", default=0.0)
        return cls(
            prefix=prefix,
            hidden=width,
            intermediate=int(width * ratio) if ratio else keys.int("intermediate_size"),
            heads=keys.int("num_heads"),
            depth=keys.int("depth"),
            patch=(keys.int("in_channels"), keys.int("temporal_patch_size"), size, size),
            merged=width * keys.int("spatial_merge_size") ** 2,
            outputs=keys.int(outputs),
            kv_heads=keys.int("num_key_value_heads", default=keys.int("num_heads")),
        )

    @property
    def head_dim(self) -> int:
        """Features of one head."""
        return self.hidden // self.heads

    def patch_embed(self, *, bias: bool = False) -> tuple[Module, ...]:
        """The convolution that turns two frames' patch into a vector."""
        return convolution(f"{self.prefix}.patch_embed.proj", self.hidden, *self.patch, bias=bias)

    def rope(self) -> Buffer:
        """The rotary table of one dimension, half of a head's features."""
        return rope_buffer(self.head_dim, ROPE_POSITIONS, {"partial_rotary_factor": 0.5})

    def attention(self, prefix: str, *, bias: bool = True) -> tuple[Module, ...]:
        """Attention whose query, key and value lie merged in the checkpoint."""
        kept = Part(self.kv_heads, self.head_dim, replicate=self.kv_heads != self.heads)
        parts = (Part(self.heads, self.head_dim), kept, kept)
        qkv = Linear(name=f"{prefix}.qkv", inputs=self.hidden, parts=parts, bias=bias)
        return qkv, row(f"{prefix}.proj", self.hidden, self.hidden, bias=bias, units=self.heads)

    def merger(
        self, name: str, norm_name: str, normed: int, layers: tuple[str, str], *, bias: bool
    ) -> tuple[Module, ...]:
        """Four patches become one, as wide as the text model."""
        return (
            norm(f"{name}.{norm_name}", normed, bias=bias),
            column(f"{name}.{layers[0]}", self.merged, self.merged),
            row(f"{name}.{layers[1]}", self.merged, self.outputs),
        )


def qwen2(keys: Keys) -> tuple[Block, ...]:
    """Qwen2-VL: layer norms and a plain MLP.

    Source: vllm.model_executor.models.qwen2_vl.Qwen2VisionTransformer (0.33.0)
    """
    vision = QwenVision.read(keys, QWEN2_DEFAULTS, hidden="embed_dim", outputs="hidden_size")
    name = f"{vision.prefix}.blocks.0"
    block = (
        *vision.attention(f"{name}.attn"),
        column(f"{name}.mlp.fc1", vision.hidden, vision.intermediate),
        row(f"{name}.mlp.fc2", vision.intermediate, vision.hidden),
        *norms(vision.hidden, f"{name}.norm1", f"{name}.norm2", bias=True),
    )
    merger = vision.merger(
        f"{vision.prefix}.merger", "ln_q", vision.hidden, ("mlp.0", "mlp.2"), bias=True
    )
    once = (*vision.patch_embed(), vision.rope(), *merger)
    return Block(modules=once), Block(modules=block, count=vision.depth)


def qwen2_5(keys: Keys, prefix: str = "visual") -> tuple[Block, ...]:
    """Qwen2.5-VL: RMS norms and a gated MLP with biases.

    Source: vllm.model_executor.models.qwen2_5_vl.Qwen2_5_VisionTransformer (0.33.0)
    """
    vision = QwenVision.read(keys, QWEN2_5_DEFAULTS, prefix=prefix)
    name = f"{prefix}.blocks.0"
    block = (
        *vision.attention(f"{name}.attn"),
        *mlp(
            hidden=vision.hidden,
            intermediate=vision.intermediate,
            bias=True,
            prefix=f"{name}.mlp",
        ),
        *norms(vision.hidden, f"{name}.norm1", f"{name}.norm2"),
    )
    merger = vision.merger(
        f"{prefix}.merger", "ln_q", vision.hidden, ("mlp.0", "mlp.2"), bias=False
    )
    once = (*vision.patch_embed(), vision.rope(), *merger)
    return Block(modules=once), Block(modules=block, count=vision.depth)


def qwen3(keys: Keys, prefix: str = "visual") -> tuple[Block, ...]:
    """Qwen3-VL: learned positions, and a merger for each layer whose features go deeper.

    Source: vllm.model_executor.models.qwen3_vl.Qwen3_VisionTransformer (0.33.0)
    """
    keys = keys.with_defaults(QWEN3_DEFAULTS)
    vision = QwenVision.read(keys, {}, prefix=prefix)
    name = f"{prefix}.blocks.0"
    block = (
        *vision.attention(f"{name}.attn"),
        column(f"{name}.mlp.linear_fc1", vision.hidden, vision.intermediate),
        row(f"{name}.mlp.linear_fc2", vision.intermediate, vision.hidden),
        *norms(vision.hidden, f"{name}.norm1", f"{name}.norm2", bias=True),
    )
    layers = ("linear_fc1", "linear_fc2")
    positions = keys.int("num_position_embeddings")
    once = (
        *vision.patch_embed(bias=True),
        Weight(name=f"{prefix}.pos_embed", shape=(positions, vision.hidden)),
        vision.rope(),
        *vision.merger(f"{prefix}.merger", "norm", vision.hidden, layers, bias=True),
    )
    deeper = vision.merger(
        f"{prefix}.deepstack_merger_list.0", "norm", vision.merged, layers, bias=True
    )
    levels = len(keys.list("deepstack_visual_indexes"))
    return (
        Block(modules=once),
        Block(modules=block, count=vision.depth),
        *((Block(modules=deeper, count=levels),) if levels else ()),
    )


def qwen3_omni(keys: Keys, prefix: str = "visual") -> tuple[Block, ...]:
    """Qwen3-Omni: as Qwen3-VL, other norms before the deeper mergers, divided in either mode.

    Source: vllm.model_executor.models.qwen3_omni_moe_thinker.Qwen3Omni_VisionTransformer
    (0.33.0)
    """
    keys = keys.with_defaults(QWEN3_DEFAULTS)
    sides = keys.int("image_size", default=768) // keys.int("patch_size")
    return qwen3(keys.replaced({"num_position_embeddings": sides**2}), prefix)
