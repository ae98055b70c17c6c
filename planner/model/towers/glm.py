"""The vision transformers of GLM-4.1V, GLM-4.5V, GLM-OCR and GLM-5.3."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model.architecture import Block
from planner.model.blocks import mlp, norm, norms
from planner.model.modules import Buffer, Linear, Weight
from planner.model.rope import rope_buffer
from planner.model.towers.parts import column, convolution
from planner.model.towers.qwen import QwenVision

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

DEFAULTS: dict[str, Any] = {
    "depth": 24,
    "hidden_size": 1536,
    "num_heads": 12,
    "in_channels": 3,
    "image_size": 336,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "out_hidden_size": 4096,
    "intermediate_size": 13696,
}
"""transformers.Glm4vVisionConfig and Glm4vMoeVisionConfig (5.19)"""

OCR_DEFAULTS: dict[str, Any] = {
    **DEFAULTS,
    "hidden_size": 1024,
    "num_heads": 16,
    "out_hidden_size": 1536,
    "intermediate_size": 4096,
}
"""transformers.GlmOcrVisionConfig (5.19)"""
NEXT_DEFAULTS: dict[str, Any] = {**OCR_DEFAULTS, "projection_intermediate_size": 10240}
"""transformers.Glm5NextVisionConfig (5.23)"""


def glm4v(keys: Keys, prefix: str = "visual") -> tuple[Block, ...]:
    """Layers without biases whose MLP is as wide as the output, then a wide gated projector.

    Source: vllm.model_executor.models.glm4_1v.Glm4vVisionTransformer (0.33.0)
    """
    keys = keys.with_defaults(DEFAULTS)
    vision = QwenVision.read(keys, {}, prefix=prefix)
    hidden, outputs = vision.hidden, vision.outputs
    merge = keys.int("spatial_merge_size")
    positions = (keys.int("image_size") // keys.int("patch_size")) ** 2
    name = f"{prefix}.blocks.0"
    block = (
        *vision.attention(f"{name}.attn", bias=False),
        *mlp(hidden=hidden, intermediate=outputs, prefix=f"{name}.mlp"),
        *norms(hidden, f"{name}.norm1", f"{name}.norm2"),
    )
    once = (
        *vision.patch_embed(bias=True),
        vision.rope(),
        column(f"{prefix}.merger.proj", outputs, outputs, bias=False),
        norm(f"{prefix}.merger.post_projection_norm", outputs, bias=True),
        *mlp(hidden=outputs, intermediate=vision.intermediate, prefix=f"{prefix}.merger"),
        Weight(name=f"{prefix}.embeddings.position_embedding", shape=(positions, hidden)),
        Buffer(name=f"{prefix}.embeddings.position_ids", elements=positions, dtype="int64"),
        *norms(hidden, f"{prefix}.post_conv_layernorm", f"{prefix}.post_layernorm"),
        *convolution(f"{prefix}.downsample", outputs, hidden, merge, merge),
    )
    return Block(modules=once), Block(modules=block, count=vision.depth)


def glm_ocr(keys: Keys, text_intermediate: int, prefix: str = "visual") -> tuple[Block, ...]:
    """As GLM-4.1V's with biases and norms over heads, without learned positions.

    Its projector is as wide as the text model's feed-forward block.
    Source: vllm.model_executor.models.glm_ocr.GlmOcrVisionTransformer (0.33.0)
    """
    keys = keys.with_defaults(OCR_DEFAULTS)
    vision = QwenVision.read(keys, {}, prefix=prefix)
    hidden, outputs, merge = vision.hidden, vision.outputs, keys.int("spatial_merge_size")
    name = f"{prefix}.blocks.0"
    block = (
        *vision.attention(f"{name}.attn"),
        *norms(vision.head_dim, f"{name}.attn.q_norm", f"{name}.attn.k_norm"),
        *mlp(hidden=hidden, intermediate=vision.intermediate, bias=True, prefix=f"{name}.mlp"),
        *norms(hidden, f"{name}.norm1", f"{name}.norm2"),
    )
    once = (
        *vision.patch_embed(bias=True),
        vision.rope(),
        column(f"{prefix}.merger.proj", outputs, outputs, bias=False),
        norm(f"{prefix}.merger.post_projection_norm", outputs, bias=True),
        *mlp(hidden=outputs, intermediate=text_intermediate, prefix=f"{prefix}.merger"),
        norm(f"{prefix}.post_layernorm", hidden),
        *convolution(f"{prefix}.downsample", outputs, hidden, merge, merge),
    )
    return Block(modules=once), Block(modules=block, count=vision.depth)


def glm5_next(keys: Keys, max_position: int, prefix: str = "visual") -> tuple[Block, ...]:
    """As GLM-OCR's with a projector's width of its own, never quantized.

    Its rotary table has a row for each of the text model's positions.
    Source: vllm.models.glm5next.common.multimodal.Glm5NextVisionTransformer (0.33.0)
    """
    keys = keys.with_defaults(NEXT_DEFAULTS)
    head_dim = keys.int("hidden_size") // keys.int("num_heads")
    table = rope_buffer(head_dim, max_position, {"partial_rotary_factor": 0.5})

    def adapted(module: Module) -> Module:
        if isinstance(module, Linear):
            return replace(module, quantized=False)
        return table if isinstance(module, Buffer) else module

    return tuple(
        replace(block, modules=tuple(map(adapted, block.modules)))
        for block in glm_ocr(keys, keys.int("projection_intermediate_size"), prefix)
    )
