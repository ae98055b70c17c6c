"""dots.llm1 and Solar Open: experts beside shared ones, routed as DeepSeek-V3 does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import transformers_backend
from planner.model.blocks import experts, mlp, router
from planner.model.decoder import Decoder
from planner.model.families.deepseek import sparse_layers
from planner.model.families.glm4_moe import DEFAULTS as GLM4_MOE_DEFAULTS
from planner.model.modules import Buffer

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Dots1ForCausalLM", "SolarOpenForCausalLM")
EXAMPLES = {
    "rednote-hilab/dots.llm1.inst": 142_774_373_888,
    "upstage/Solar-Open-100B": 102_651_793_408,
}
SOLAR_DEFAULTS = {
    "vocab_size": 196608,
    "hidden_size": 4096,
    "num_hidden_layers": 48,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 131072,
    "moe_intermediate_size": 1280,
    "num_experts_per_tok": 8,
    "n_shared_experts": 1,
    "n_routed_experts": 128,
}
"""transformers.SolarOpenConfig (5.19)"""
DEFAULTS: dict[str, dict[str, Any]] = {"solar_open": SOLAR_DEFAULTS, "glm4_moe": GLM4_MOE_DEFAULTS}
"""by ``model_type``, which is what the backend goes by"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention, with norms over heads in dots.llm1.

    Source: transformers.models.dots1.modeling_dots1 (5.19) through vLLM's backend
    """
    dots = keys.text("model_type") == "dots1"
    decoder = Decoder.read(keys, DEFAULTS.get(keys.text("model_type")))
    keys = decoder.keys
    bias = keys.flag("attention_bias")
    attention = decoder.attention(qkv_bias=bias, out_bias=bias and dots, qk_norm=dots)
    sparse = decoder.layer(attention, _sparse_block(decoder), rope=False)
    layers = [
        sparse if is_sparse else decoder.layer(attention, decoder.mlp(), rope=False)
        for is_sparse in sparse_layers(decoder)
    ]
    return transformers_backend.architecture(
        decoder, layers, experts_per_token=keys.int("num_experts_per_tok")
    )


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    keys, hidden = decoder.keys, decoder.hidden
    count, size = keys.int("n_routed_experts"), keys.int("moe_intermediate_size")
    shared = keys.int("n_shared_experts") * size
    bias = Buffer(
        name="mlp.gate.e_score_correction_bias", elements=count, dtype="float32", shared=False
    )
    return (
        router(hidden, count, quantized=True),
        bias,
        experts(hidden=hidden, intermediate=size, count=count),
        *mlp(hidden=hidden, intermediate=shared, prefix="mlp.shared_experts"),
    )
