"""BLOOM: ALiBi positions, a norm behind the embedding, biases throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp, norm
from planner.model.decoder import WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("BloomForCausalLM",)
EXAMPLES = {"bigscience/bloom": 176_247_271_424}


def read(keys: Keys) -> Architecture:
    """Attention and a plain MLP four times as wide.

    Source: vllm.model_executor.models.bloom (0.33.0)
    """
    decoder = Decoder.read(_keys(keys), tied=True)
    hidden = decoder.hidden
    attention = decoder.attention(
        qkv_bias=True,
        out_bias=True,
        prefix="self_attention",
        names=("query_key_value", "dense"),
        matrices=(),
    )
    feed_forward = mlp(
        hidden=hidden,
        intermediate=4 * hidden,
        gated=False,
        bias=True,
        names=("", "dense_h_to_4h", "dense_4h_to_h"),
    )
    layer = decoder.layer(attention, feed_forward, norm_bias=True, rope=False)
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        every=(norm("transformer.word_embeddings_layernorm", hidden, bias=True),),
        final_norm=(norm("transformer.ln_f", hidden, bias=True),),
        layer_prefix="transformer.h",
    )


def _keys(keys: Keys) -> Keys:
    """The width goes by ``n_embed`` in the oldest files."""
    return keys.replaced({"hidden_size": keys.int("hidden_size", "n_embed", "n_embd")})
