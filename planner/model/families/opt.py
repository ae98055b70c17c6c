"""OPT: learned positions, biases throughout; the smallest ones project a narrow embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp, norm, replicated
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.modules import Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("OPTForCausalLM",)
EXAMPLES = {"facebook/opt-125m": 125_239_296}
DEFAULTS = {
    "vocab_size": 50272,
    "hidden_size": 768,
    "ffn_dim": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 2048,
    "word_embed_proj_dim": 768,
}
"""transformers.OPTConfig (5.19)"""
POSITION_OFFSET = 2
"""rows before the first position (OPTLearnedPositionalEmbedding)"""


def read(keys: Keys) -> Architecture:
    """Attention and a plain MLP.

    Source: vllm.model_executor.models.opt (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS, tied=True)
    keys, hidden = decoder.keys, decoder.hidden
    bias = keys.flag("enable_bias", default=True)
    attention = decoder.attention(qkv_bias=bias, out_bias=bias, names=("qkv_proj", "out_proj"))
    feed_forward = mlp(
        hidden=hidden,
        intermediate=keys.int("ffn_dim"),
        gated=False,
        bias=bias,
        prefix="",
        names=("", "fc1", "fc2"),
    )
    affine = keys.flag("layer_norm_elementwise_affine", default=True)
    layer = decoder.layer(
        attention,
        feed_forward,
        norm_names=("self_attn_layer_norm", "final_layer_norm") if affine else (),
        norm_bias=True,
        rope=False,
    )
    ends = keys.flag("do_layer_norm_before", default=True)
    ends = ends and affine and not keys.flag("_remove_final_layer_norm")
    width = keys.int("word_embed_proj_dim")
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        every=_beside(decoder, width),
        final_norm=(norm("model.decoder.final_layer_norm", hidden, bias=True),) if ends else (),
        embedding_dim=width,
        layer_prefix="model.decoder.layers",
    )


def _beside(decoder: Decoder, width: int) -> tuple[Module, ...]:
    rows = decoder.max_position + POSITION_OFFSET
    positions = Weight(name="model.decoder.embed_positions", shape=(rows, decoder.hidden))
    if width == decoder.hidden:
        return (positions,)
    return (
        positions,
        replicated("model.decoder.project_in", width, decoder.hidden),
        replicated("model.decoder.project_out", decoder.hidden, width),
    )
