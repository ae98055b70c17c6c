"""Whisper: a decoder that attends to an encoder of sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Architecture, Layer
from planner.model.blocks import attention_scales, norm, norms
from planner.model.cache import CrossAttention, FullAttention
from planner.model.context import derived_max_model_len
from planner.model.dtype import checkpoint_dtype
from planner.model.modules import Embedding, Linear, Part, Weight
from planner.model.towers.parts import column
from planner.model.towers.whisper import DEFAULTS, WhisperSizes, whisper_encoder

if TYPE_CHECKING:
    from planner.model.keys import Keys

ARCHITECTURES = ("WhisperForConditionalGeneration",)
EXAMPLES = {"openai/whisper-large-v3": 1_543_613_440}


def read(keys: Keys) -> Architecture:
    """The vocabulary's table lies whole on each rank and is the output head too.

    Source: vllm.model_executor.models.whisper (0.33.0)
    """
    keys = keys.with_defaults(DEFAULTS)
    sizes = WhisperSizes(
        hidden=keys.int("d_model"),
        heads=keys.int("decoder_attention_heads"),
        intermediate=keys.int("decoder_ffn_dim"),
    )
    hidden, vocab_size = sizes.hidden, keys.int("vocab_size")
    max_model_len, key = derived_max_model_len(keys)
    table = Embedding(
        name="decoder.embed_tokens",
        vocab_size=vocab_size,
        hidden=hidden,
        padding=1,
        divided=False,
    )
    positions = (keys.int("max_target_positions"), hidden)
    return Architecture(
        model_type=keys.text("model_type"),
        hidden_size=hidden,
        vocab_size=vocab_size,
        num_attention_heads=sizes.heads,
        num_kv_heads=sizes.heads,
        head_dim=sizes.head_dim,
        layers=(_layer(sizes),) * keys.int("decoder_layers"),
        first=(table, Weight(name="decoder.embed_positions", shape=positions)),
        last=(norm("decoder.layer_norm", hidden, bias=True), table),
        tower=whisper_encoder(keys, "encoder"),
        layer_prefix="model.decoder.layers",
        tied=True,
        max_model_len=max_model_len,
        max_model_len_key=key,
        dtype=checkpoint_dtype(keys, keys),
        supports_pp=False,
    )


def _layer(sizes: WhisperSizes) -> Layer:
    heads, head_dim, hidden = sizes.heads, sizes.head_dim, sizes.hidden
    keys_and_values = Linear(
        name="encoder_attn.kv_proj",
        inputs=hidden,
        parts=(Part(heads, head_dim),) * 2,
        bias=True,
        matrices=("encoder_attn.k_proj", "encoder_attn.v_proj"),
    )
    names = ("self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm")
    return Layer(
        modules=(
            *sizes.attention("self_attn"),
            attention_scales("self_attn"),
            column("encoder_attn.q_proj", hidden, hidden),
            keys_and_values,
            sizes.output("encoder_attn"),
            attention_scales("encoder_attn"),
            *sizes.mlp("mlp"),
            *norms(hidden, *names, bias=True),
        ),
        caches=(
            FullAttention(heads, head_dim, head_dim),
            CrossAttention(kv_heads=heads, head_size=head_dim),
        ),
    )
