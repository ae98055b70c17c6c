"""DeepSeek: latent attention and experts beside shared ones; Kimi-K2 is of that shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.blocks import correction_bias, experts, mlp, router
from planner.model.decoder import Decoder
from planner.model.mla import LatentAttention

if TYPE_CHECKING:
    from planner.model.architecture import Architecture, Layer
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("DeepseekV3ForCausalLM", "DeepseekV2ForCausalLM", "DeepseekForCausalLM")
EXAMPLES = {
    "deepseek-ai/DeepSeek-V3": 671_026_419_200,
    "deepseek-ai/DeepSeek-V2-Lite": 15_706_484_224,
    "deepseek-ai/deepseek-moe-16b-chat": 16_375_728_128,
}
_COMMON = {
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
}
V2_DEFAULTS = {
    **_COMMON,
    "vocab_size": 102400,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 2048,
    "n_routed_experts": 64,
    "n_shared_experts": 2,
    "moe_intermediate_size": 1407,
    "topk_method": "greedy",
}
"""transformers.DeepseekV2Config (5.19)"""
V3_DEFAULTS = {
    **_COMMON,
    "vocab_size": 129280,
    "hidden_size": 7168,
    "intermediate_size": 18432,
    "num_hidden_layers": 61,
    "num_attention_heads": 128,
    "max_position_embeddings": 4096,
    "n_routed_experts": 256,
    "n_shared_experts": 1,
    "moe_intermediate_size": 2048,
    "num_experts_per_tok": 8,
    "first_k_dense_replace": 3,
}
"""transformers.DeepseekV3Config (5.19), which also reads Kimi-K2"""
DEFAULTS: dict[str, dict[str, Any]] = {
    "deepseek_v2": V2_DEFAULTS,
    "deepseek_v3": V3_DEFAULTS,
    "kimi_k2": V3_DEFAULTS,
}
"""by ``model_type``; others leave nothing out"""


def read(keys: Keys) -> Architecture:
    """Layers with experts after the first few, all with latent attention if it has a rank.

    Layers of multi-token prediction belong to the draft model and are not built here.
    Source: vllm.model_executor.models.deepseek_v2 (0.33.0)
    """
    return stack(Decoder.read(keys, DEFAULTS.get(keys.text("model_type"))))


def stack(decoder: Decoder) -> Architecture:
    """The model from sizes already read."""
    keys = decoder.keys
    latent = keys.text("model_type") != "deepseek" and "kv_lora_rank" in keys
    dense = _layer(decoder, decoder.mlp(), latent=latent)
    layers = [dense] * decoder.num_layers
    if "n_routed_experts" in keys:
        sparse = _layer(decoder, sparse_block(decoder), latent=latent)
        layers = [sparse if is_sparse else dense for is_sparse in sparse_layers(decoder)]
    return decoder.architecture(
        layers,
        uses_mla=latent,
        experts_per_token=keys.int("num_experts_per_tok", default=0),
    )


def sparse_layers(decoder: Decoder) -> list[bool]:
    """Which layers have experts: every so many from one on."""
    start = decoder.keys.int("first_k_dense_replace", default=0)
    step = decoder.keys.int("moe_layer_freq", default=1)
    return [index >= start and index % step == 0 for index in range(decoder.num_layers)]


def sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    """Router, experts, and the shared experts as one dense block."""
    keys = decoder.keys
    count, size = keys.int("n_routed_experts"), keys.int("moe_intermediate_size")
    shared = keys.int("n_shared_experts", default=0)
    block: tuple[Module, ...] = (
        router(decoder.hidden, count),
        experts(hidden=decoder.hidden, intermediate=size, count=count),
    )
    if keys.text("topk_method") == "noaux_tc":
        block += (correction_bias(count),)
    if shared:
        block += mlp(
            hidden=decoder.hidden,
            intermediate=size * shared,
            prefix="mlp.shared_experts",
            whole_in_sequence_parallel=True,
        )
    return block


def _layer(decoder: Decoder, feed_forward: tuple[Module, ...], *, latent: bool) -> Layer:
    if not latent:
        return decoder.layer(decoder.attention(), feed_forward)
    attention = LatentAttention.read(decoder.keys)
    rope = attention.rope(decoder.keys, decoder.max_position)
    modules = (*attention.modules(), rope)
    return decoder.layer(modules, feed_forward, rope=False, cache=attention.cache())
