"""GLM-4.7 Flash: latent attention, float32 routing, experts beside a shared one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import Decoder
from planner.model.families.deepseek import sparse_layers
from planner.model.families.glm4_moe import sparse_block
from planner.model.mla import LatentAttention

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Glm4MoeLiteForCausalLM",)
EXAMPLES = {"zai-org/GLM-4.7-Flash": 29_943_393_920}
DEFAULTS = {
    "vocab_size": 154880,
    "hidden_size": 2048,
    "intermediate_size": 10240,
    "num_hidden_layers": 47,
    "num_attention_heads": 20,
    "max_position_embeddings": 202752,
    "q_lora_rank": 768,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 192,
    "qk_rope_head_dim": 64,
    "v_head_dim": 256,
    "moe_intermediate_size": 1536,
    "num_experts_per_tok": 4,
    "n_shared_experts": 1,
    "n_routed_experts": 64,
    "first_k_dense_replace": 1,
}
"""transformers.Glm4MoeLiteConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Latent attention and GLM-4.5's experts.

    Source: vllm.model_executor.models.glm4_moe_lite (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    attention = LatentAttention.read(keys)
    modules = (*attention.modules(), attention.rope(keys, decoder.max_position))
    dense, sparse = (
        decoder.layer(modules, block, rope=False, cache=attention.cache())
        for block in (decoder.mlp(), sparse_block(decoder))
    )
    return decoder.architecture(
        [sparse if is_sparse else dense for is_sparse in sparse_layers(decoder)],
        uses_mla=True,
        experts_per_token=keys.int("num_experts_per_tok"),
    )
