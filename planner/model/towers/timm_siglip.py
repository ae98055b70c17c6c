"""SigLIP So400m as timm builds it: the encoder of DeepSeek-VL2."""

from __future__ import annotations

from planner.model.architecture import Block
from planner.model.blocks import norm, norms
from planner.model.modules import Module, Weight
from planner.model.towers.parts import column, convolution, plain_linear, row

HIDDEN, INTERMEDIATE, DEPTH = 1152, 4304, 27
PATCH, POSITIONS = 14, 729
"""timm.create_model("vit_so400m_patch14_siglip_384.webli")"""


def timm_siglip(prefix: str) -> tuple[Block, ...]:
    """Attention is whole on each rank, the MLPs are divided.

    Source: vllm.model_executor.models.deepseek_vl2.DeepseekVLV2ForCausalLM
    ._init_vision_module (0.33.0)
    """
    name = f"{prefix}.blocks.0"
    layer = (
        plain_linear(f"{name}.attn.qkv", HIDDEN, 3 * HIDDEN),
        plain_linear(f"{name}.attn.proj", HIDDEN, HIDDEN),
        *_mlp(name),
        *norms(HIDDEN, f"{name}.norm1", f"{name}.norm2", bias=True),
    )
    once = (
        *convolution(f"{prefix}.patch_embed.proj", HIDDEN, 3, PATCH, PATCH),
        Weight(name=f"{prefix}.pos_embed", shape=(POSITIONS, HIDDEN)),
        norm(f"{prefix}.norm", HIDDEN, bias=True),
        *_pooling(f"{prefix}.attn_pool"),
    )
    return Block(modules=once), Block(modules=layer, count=DEPTH)


def _mlp(prefix: str) -> tuple[Module, ...]:
    return (
        column(f"{prefix}.mlp.fc1", HIDDEN, INTERMEDIATE),
        row(f"{prefix}.mlp.fc2", INTERMEDIATE, HIDDEN),
    )


def _pooling(prefix: str) -> tuple[Module, ...]:
    return (
        Weight(name=f"{prefix}.latent", shape=(HIDDEN,)),
        plain_linear(f"{prefix}.q", HIDDEN, HIDDEN),
        plain_linear(f"{prefix}.kv", HIDDEN, 2 * HIDDEN),
        plain_linear(f"{prefix}.proj", HIDDEN, HIDDEN),
        norm(f"{prefix}.norm", HIDDEN, bias=True),
        *_mlp(prefix),
    )
