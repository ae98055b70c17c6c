"""ChatGLM2, ChatGLM3 and the first GLM-4: the names and merged matrices of their own code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp, norm
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("ChatGLMModel", "ChatGLMForConditionalGeneration")
EXAMPLES = {"THUDM/chatglm3-6b": 6_243_584_000}
DEFAULTS = {
    "padded_vocab_size": 65024,
    "hidden_size": 4096,
    "ffn_hidden_size": 13696,
    "num_layers": 28,
    "num_attention_heads": 32,
    "seq_length": 2048,
}
"""vllm.transformers_utils.configs.chatglm.ChatGLMConfig (0.33.0)"""


def read(keys: Keys) -> Architecture:
    """Multi-query attention with half of each head rotated, and a gated MLP.

    Source: vllm.model_executor.models.chatglm (0.33.0)
    """
    decoder = Decoder.read(_keys(keys.with_defaults(DEFAULTS)))
    keys = decoder.keys
    bias = keys.flag("add_bias_linear")
    attention = decoder.attention(
        qkv_bias=bias or keys.flag("add_qkv_bias"),
        out_bias=bias,
        prefix="self_attention",
        names=("query_key_value", "dense"),
        matrices=(),
    )
    feed_forward = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.intermediate,
        bias=bias,
        names=("", "", "dense_4h_to_h"),
        merged_name="dense_h_to_4h",
    )
    final_norm = (norm("transformer.encoder.final_layernorm", decoder.hidden),)
    return decoder.architecture(
        [decoder.layer(attention, feed_forward)] * decoder.num_layers,
        on_every_stage=("embedding", "norm", "head"),
        final_norm=final_norm if keys.flag("post_layer_norm", default=True) else (),
        layer_prefix="transformer.encoder.layers",
    )


def _keys(keys: Keys) -> Keys:
    groups = keys.int("multi_query_group_num", default=1)
    heads = keys.int("num_attention_heads")
    return keys.replaced(
        {
            "vocab_size": keys.int("padded_vocab_size"),
            "num_key_value_heads": groups if keys.flag("multi_query_attention") else heads,
            "head_dim": keys.int("hidden_size") // heads,
            "max_position_embeddings": keys.int("seq_length"),
            "rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5},
        }
    )
