"""MoonViT and the projector behind it: Kimi-VL, and for video too in Kimi-K2.5 and Kimi-K3."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.model.architecture import Block
from planner.model.blocks import norm, norms, replicated
from planner.model.modules import Buffer, Linear, Part, Weight
from planner.model.towers.parts import column, convolution, row, unquantized

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

DEFAULTS: dict[str, Any] = {
    "patch_size": 14,
    "init_pos_emb_height": 64,
    "init_pos_emb_width": 64,
    "num_attention_heads": 16,
    "num_hidden_layers": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "merge_kernel_size": [2, 2],
}
"""vllm.transformers_utils.configs.moonvit.MoonViTConfig (0.33.0)"""
TIME_DEFAULTS: dict[str, Any] = {**DEFAULTS, "init_pos_emb_time": 4}
"""vllm.transformers_utils.configs.kimi_k25.KimiK25VisionConfig (0.33.0)"""


@frozen
class MoonVit:
    """Sizes of the encoder; the newest kind leaves biases out and norms by root mean square."""

    prefix: str
    hidden: int
    attention: int
    heads: int
    intermediate: int
    depth: int
    patch_size: int
    positions: tuple[int, int]
    merge: int
    patch_bias: bool = True
    attention_bias: bool = True
    linear_bias: bool = True
    norm_bias: bool = True

    @classmethod
    def read(cls, keys: Keys, prefix: str = "vision_tower") -> MoonVit:
        """Read a ``vision_config``, whose keys lead with ``vt_`` in newer files."""
        heads = keys.int("vt_num_attention_heads", "num_attention_heads")
        hidden = keys.int("vt_hidden_size", "hidden_size")
        return cls(
            prefix=prefix,
            hidden=hidden,
            attention=keys.int("qkv_hidden_size", default=hidden),
            heads=heads,
            intermediate=keys.int("vt_intermediate_size", "intermediate_size"),
            depth=keys.int("vt_num_hidden_layers", "num_hidden_layers"),
            patch_size=keys.int("patch_size"),
            positions=(
                keys.int("init_pos_emb_height", "pos_emb_height"),
                keys.int("init_pos_emb_width", "pos_emb_width"),
            ),
            merge=prod(keys.list("merge_kernel_size")),
            patch_bias=keys.flag("patch_embed_proj_bias", default=True),
            attention_bias=keys.flag("attn_bias", default=True),
            linear_bias=keys.flag("linear_bias", default=True),
            norm_bias=keys.text("norm_type", default="layernorm") == "layernorm",
        )

    def once(self) -> tuple[Module, ...]:
        """Patches, learned positions, and the last norm."""
        embed = f"{self.prefix}.patch_embed"
        size = (self.patch_size, self.patch_size)
        return (
            *convolution(f"{embed}.proj", self.hidden, 3, *size, bias=self.patch_bias),
            Weight(name=f"{embed}.pos_emb", shape=(*self.positions, self.hidden)),
            norm(f"{self.prefix}.encoder.final_layernorm", self.hidden, bias=self.norm_bias),
        )

    def layer(self) -> tuple[Module, ...]:
        """One layer: attention and a plain MLP."""
        name = f"{self.prefix}.encoder.blocks.0"
        heads = Part(self.heads, self.attention // self.heads)
        bias, linear_bias = self.attention_bias, self.linear_bias
        return (
            Linear(name=f"{name}.wqkv", inputs=self.hidden, parts=(heads,) * 3, bias=bias),
            row(f"{name}.wo", self.attention, self.hidden, bias=bias, units=self.heads),
            column(f"{name}.mlp.fc0", self.hidden, self.intermediate, bias=linear_bias),
            row(f"{name}.mlp.fc1", self.intermediate, self.hidden, bias=linear_bias),
            *norms(self.hidden, f"{name}.norm0", f"{name}.norm1", bias=self.norm_bias),
        )


def moonvit(keys: Keys, text_hidden: int) -> tuple[Block, ...]:
    """Kimi-VL's encoder and projector, never quantized.

    Source: vllm.model_executor.models.moonvit, .kimi_vl.KimiVLMultiModalProjector (0.33.0)
    """
    vision = MoonVit.read(keys.with_defaults(DEFAULTS))
    merged = vision.hidden * vision.merge
    name = "multi_modal_projector"
    projector = (
        norm(f"{name}.pre_norm", vision.hidden, bias=True),
        replicated(f"{name}.linear_1", merged, merged, bias=True),
        replicated(f"{name}.linear_2", merged, text_hidden, bias=True),
    )
    once = Block(modules=unquantized((*vision.once(), *projector)))
    return once, Block(modules=unquantized(vision.layer()), count=vision.depth)


def moonvit_3d(
    keys: Keys, text_hidden: int, *, quantized: bool, cast: bool = True
) -> tuple[Block, ...]:
    """The encoder that also takes video, whole on each rank where its heads do not divide.

    ``quantized``: the number format applies to it; ``cast``: vLLM brings its float32 positions
    in time to the model's dtype.
    Source: vllm.model_executor.models.kimi_k25, .kimi_k25_vit (0.33.0)
    """
    keys = keys.with_defaults(TIME_DEFAULTS)
    vision = MoonVit.read(keys)
    frames = keys.int("init_pos_emb_time", "pos_emb_time")
    time = Buffer(
        name="vision_tower.patch_embed.pos_emb.time_weight",
        elements=frames * vision.hidden,
        dtype=None if cast else "float32",
    )
    layer = tuple(
        replace(m, divided_by=vision.heads) if isinstance(m, Linear) else m for m in vision.layer()
    )
    once = (*vision.once(), time, *_projector(keys, vision, text_hidden))
    if not quantized:
        once, layer = unquantized(once), unquantized(layer)
    return Block(modules=once), Block(modules=layer, count=vision.depth)


def _projector(keys: Keys, vision: MoonVit, text_hidden: int) -> tuple[Module, ...]:
    merged = vision.hidden * vision.merge
    newer = keys.text("mm_projector_type") == "patchmergerv2"
    linears = (
        replicated("mm_projector.linear_1", merged, merged, bias=not newer),
        replicated("mm_projector.linear_2", merged, text_hidden, bias=not newer),
    )
    if newer:
        return (*linears, norm("mm_projector.post_norm", text_hidden))
    return (*linears, norm("mm_projector.pre_norm", vision.hidden, bias=True))
