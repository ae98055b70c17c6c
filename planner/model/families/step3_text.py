"""Step-3, text: narrow shared queries, one key-value head, experts beside a shared one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.blocks import attention_scales, experts, mlp, norm, replicated, router
from planner.model.decoder import Decoder
from planner.model.modules import Linear, Part
from planner.model.towers.parts import row

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Step3TextForCausalLM",)
EXAMPLES: dict[str, int] = {}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 128815,
    "hidden_size": 7168,
    "intermediate_size": 18432,
    "num_hidden_layers": 61,
    "num_attention_heads": 64,
    "num_key_value_heads": 1,
    "head_dim": 256,
    "max_position_embeddings": 65536,
    "max_position_embedding": 65536,
    "moe_num_experts": 48,
    "moe_top_k": 3,
    "moe_intermediate_size": 5120,
    "share_expert_dim": 5120,
    "share_q_dim": 2048,
}
"""vllm.transformers_utils.configs.step3_vl.Step3TextConfig (0.33.0)"""


def read(keys: Keys) -> Architecture:
    """Layers with experts where ``moe_layers_enum`` says so.

    Source: vllm.model_executor.models.step3_text (0.33.0)
    """
    keys = keys.with_defaults(DEFAULTS)
    decoder = Decoder.read(keys.replaced({"num_key_value_heads": 1}))
    attention = _attention(decoder)
    dense = decoder.layer(attention, decoder.mlp())
    sparse = decoder.layer(attention, _experts(decoder))
    stated = keys.text("moe_layers_enum")
    chosen = {int(part) for part in stated.split(",")} if stated else None
    return decoder.architecture(
        [
            sparse if (index in chosen if chosen is not None else index > 0) else dense
            for index in range(decoder.num_layers)
        ],
        experts_per_token=keys.int("moe_top_k"),
    )


def _attention(decoder: Decoder) -> tuple[Module, ...]:
    hidden, heads, head_dim = decoder.hidden, decoder.heads, decoder.head_dim
    shared = decoder.keys.int("share_q_dim", default=head_dim) or head_dim
    return (
        replicated("self_attn.qkv_proj", hidden, shared + 2 * head_dim),
        norm("self_attn.inter_norm", shared),
        Linear(name="self_attn.wq", inputs=shared, parts=(Part(heads, head_dim),)),
        row("self_attn.o_proj", heads * head_dim, hidden, bias=False, units=heads),
        attention_scales(),
    )


def _experts(decoder: Decoder) -> tuple[Module, ...]:
    keys, hidden = decoder.keys, decoder.hidden
    count = keys.int("moe_num_experts")
    shared = keys.int("share_expert_dim")
    inner = keys.int("moe_intermediate_size")
    return (
        router(hidden, count, "moe.gate"),
        experts(hidden=hidden, intermediate=inner, count=count, prefix="moe"),
        *mlp(hidden=hidden, intermediate=shared, prefix="share_expert"),
    )
