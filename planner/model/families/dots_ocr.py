"""dots.ocr: a vision transformer with rotary positions beside Qwen2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import mlp, norm, norms
from planner.model.families import qwen2
from planner.model.modules import Buffer, Linear, Part
from planner.model.towers.parts import column, convolution, row

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("DotsOCRForCausalLM",)
EXAMPLES: dict[str, int] = {}
VISION_DEFAULTS: dict[str, Any] = {
    "embed_dim": 1536,
    "hidden_size": 1536,
    "intermediate_size": 4224,
    "num_hidden_layers": 42,
    "num_attention_heads": 12,
    "num_channels": 3,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "use_bias": False,
    "post_norm": True,
}
"""vllm.transformers_utils.configs.dotsocr.DotsVisionConfig (0.33.0)"""


def read(keys: Keys) -> Architecture:
    """The text model's keys lie beside the encoder's.

    Source: vllm.model_executor.models.dots_ocr (0.33.0)
    """
    text = qwen2.read(keys)
    part = keys.part("vision_config").with_defaults(VISION_DEFAULTS)
    return vision.beside(text, _tower(part), keys, keys, tower_data_parallel=True)


def _tower(part: Keys) -> tuple[Block, ...]:
    hidden, heads = part.int("embed_dim"), part.int("num_attention_heads")
    head_dim, bias = hidden // heads, part.flag("use_bias")
    size, merge = part.int("patch_size"), part.int("spatial_merge_size")
    merged = hidden * merge**2
    name, tower = "vision_tower.blocks.0", "vision_tower"
    layer = (
        Linear(
            name=f"{name}.attn.qkv",
            inputs=hidden,
            parts=(Part(heads, head_dim),) * 3,
            bias=bias,
        ),
        row(f"{name}.attn.proj", hidden, hidden, bias=bias, units=heads),
        *mlp(
            hidden=hidden,
            intermediate=part.int("intermediate_size"),
            bias=bias,
            prefix=f"{name}.mlp",
            names=("fc1", "fc3", "fc2"),
        ),
        *norms(hidden, f"{name}.norm1", f"{name}.norm2"),
    )
    channels = part.int("num_channels")
    once = (
        *convolution(f"{tower}.patch_embed.patchifier.proj", hidden, channels, size, size),
        norm(f"{tower}.patch_embed.patchifier.norm", hidden),
        Buffer(name=f"{tower}.rotary_pos_emb.inv_freq", elements=head_dim // 4, dtype="float32"),
        *((norm(f"{tower}.post_trunk_norm", hidden),) if part.flag("post_norm") else ()),
        norm(f"{tower}.merger.ln_q", hidden, bias=True),
        column(f"{tower}.merger.mlp.0", merged, merged),
        row(f"{tower}.merger.mlp.2", merged, part.int("hidden_size")),
    )
    depth = part.int("num_hidden_layers")
    return Block(modules=once), Block(modules=layer, count=depth)
