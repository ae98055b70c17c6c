"""Phi-3.5 MoE: layer norms, biases in attention and head, experts in every layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.families.mixtral import sparse_block

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("PhiMoEForCausalLM",)
EXAMPLES = {"microsoft/Phi-3.5-MoE-instruct": 41_873_153_344}
DEFAULTS = {
    "vocab_size": 32064,
    "hidden_size": 4096,
    "intermediate_size": 6400,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131072,
    "num_local_experts": 16,
    "num_experts_per_tok": 2,
}
"""transformers.PhimoeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and experts.

    Source: vllm.model_executor.models.phimoe (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    attention = decoder.attention(qkv_bias=True, out_bias=True)
    layer = decoder.layer(attention, sparse_block(decoder), norm_bias=True)
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        norm_bias=True,
        head_bias=True,
        experts_per_token=decoder.keys.int("num_experts_per_tok"),
    )
