"""Whisper's encoder of sound, which several audio models share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.model.architecture import Block
from planner.model.blocks import QKV_MATRICES, norm, norms
from planner.model.modules import Linear, Part, Weight
from planner.model.towers.parts import column, convolution, row

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

DEFAULTS: dict[str, Any] = {
    "vocab_size": 51865,
    "num_mel_bins": 80,
    "encoder_layers": 4,
    "encoder_attention_heads": 6,
    "decoder_layers": 4,
    "decoder_attention_heads": 6,
    "encoder_ffn_dim": 1536,
    "decoder_ffn_dim": 1536,
    "d_model": 384,
    "max_source_positions": 1500,
    "max_target_positions": 448,
}
"""transformers.WhisperConfig (5.19)"""
_KERNEL = 3
"""of both convolutions"""


@frozen
class WhisperSizes:
    """Sizes of one of Whisper's two stacks."""

    hidden: int
    heads: int
    intermediate: int

    @property
    def head_dim(self) -> int:
        """Features of one head."""
        return self.hidden // self.heads

    def attention(self, prefix: str) -> tuple[Module, ...]:
        """Attention to the stack's own tokens, biases throughout."""
        heads = Part(self.heads, self.head_dim)
        qkv = Linear(
            name=f"{prefix}.qkv_proj",
            inputs=self.hidden,
            parts=(heads,) * 3,
            bias=True,
            matrices=tuple(f"{prefix}.{name}" for name in QKV_MATRICES),
        )
        return qkv, self.output(prefix)

    def output(self, prefix: str) -> Linear:
        """The output projection of an attention."""
        return row(f"{prefix}.out_proj", self.hidden, self.hidden, units=self.heads)

    def mlp(self, prefix: str) -> tuple[Module, ...]:
        """The plain feed-forward block."""
        return (
            column(f"{prefix}.fc1", self.hidden, self.intermediate),
            row(f"{prefix}.fc2", self.intermediate, self.hidden),
        )


def whisper_encoder(
    keys: Keys, prefix: str, *, positions_dtype: str | None = None
) -> tuple[Block, ...]:
    """Two convolutions over the spectrum, positions, and layers; divided in either mode.

    Source: vllm.model_executor.models.whisper.WhisperEncoder (0.33.0)
    """
    keys = keys.with_defaults(DEFAULTS)
    sizes = WhisperSizes(
        hidden=keys.int("d_model", "hidden_size"),
        heads=keys.int("encoder_attention_heads", "num_attention_heads"),
        intermediate=keys.int("encoder_ffn_dim", "intermediate_size"),
    )
    hidden = sizes.hidden
    positions = (keys.int("max_source_positions"), hidden)
    once = (
        *convolution(f"{prefix}.conv1", hidden, keys.int("num_mel_bins"), _KERNEL),
        *convolution(f"{prefix}.conv2", hidden, hidden, _KERNEL),
        Weight(name=f"{prefix}.embed_positions", shape=positions, dtype=positions_dtype),
        norm(f"{prefix}.layer_norm", hidden, bias=True),
    )
    name = f"{prefix}.layers.0"
    layer = (
        *sizes.attention(f"{name}.self_attn"),
        *sizes.mlp(f"{name}.mlp"),
        *norms(hidden, f"{name}.self_attn_layer_norm", f"{name}.final_layer_norm", bias=True),
    )
    return (
        Block(modules=once),
        Block(
            modules=layer,
            count=keys.int("encoder_layers", "num_hidden_layers"),
            follows_mode=False,
        ),
    )
