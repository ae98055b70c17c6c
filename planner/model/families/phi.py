"""Phi-1, Phi-1.5 and Phi-2: attention and MLP side by side after one norm, biases throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import transformers_backend
from planner.model.blocks import mlp, norm, norms
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("PhiForCausalLM",)
EXAMPLES = {"microsoft/phi-2": 2_779_632_640}
DEFAULTS = {
    "vocab_size": 51200,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 24,
    "num_attention_heads": 32,
    "max_position_embeddings": 2048,
    "partial_rotary_factor": 0.5,
}
"""transformers.PhiConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Attention and a plain MLP; the head's bias is added while loading, not counted here.

    Source: transformers.models.phi.modeling_phi (5.19) through vLLM's backend
    """
    decoder = Decoder.read(_current(keys), DEFAULTS)
    attention = decoder.attention(qkv_bias=True, out_bias=True, names=("qkv_proj", "dense"))
    if decoder.keys.flag("qk_layernorm"):
        attention += norms(
            decoder.head_dim, "self_attn.q_layernorm", "self_attn.k_layernorm", bias=True
        )
    feed_forward = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.intermediate,
        gated=False,
        bias=True,
        names=("", "fc1", "fc2"),
    )
    return transformers_backend.architecture(
        decoder,
        transformers_backend.layers(
            decoder, attention, feed_forward, norm_names=("input_layernorm",), norm_bias=True
        ),
        final_norm=(norm("model.final_layernorm", decoder.hidden, bias=True),),
    )


def _current(keys: Keys) -> Keys:
    """The oldest files have GPT-2's names, and leave out an MLP four times as wide."""
    if "n_embd" not in keys:
        return keys
    hidden, heads = keys.int("n_embd"), keys.int("n_head")
    return keys.replaced(
        {
            "intermediate_size": keys.int("n_inner", default=4 * hidden),
            "partial_rotary_factor": keys.int("rotary_dim", default=32) * heads / hidden,
        }
    )
