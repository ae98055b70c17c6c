"""OLMoE: norms over all queries and all keys, experts in every layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import experts, norm, router
from planner.model.decoder import WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("OlmoeForCausalLM",)
EXAMPLES = {"allenai/OLMoE-1B-7B-0924-Instruct": 6_919_161_856}
DEFAULTS = {
    "vocab_size": 50304,
    "hidden_size": 2048,
    "intermediate_size": 2048,
    "num_hidden_layers": 16,
    "num_attention_heads": 16,
    "max_position_embeddings": 4096,
    "num_experts_per_tok": 8,
    "num_experts": 64,
}
"""transformers.OlmoeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention with whole norms on each rank, and experts.

    Source: vllm.model_executor.models.olmoe (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS).with_even_heads()
    count = decoder.keys.int("num_experts")
    attention = (
        *decoder.attention(),
        norm("self_attn.q_norm", decoder.heads * decoder.head_dim),
        norm("self_attn.k_norm", decoder.kv_heads * decoder.head_dim),
    )
    block = (
        router(decoder.hidden, count),
        experts(hidden=decoder.hidden, intermediate=decoder.intermediate, count=count),
    )
    return decoder.architecture(
        [decoder.layer(attention, block)] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        experts_per_token=decoder.keys.int("num_experts_per_tok"),
    )
