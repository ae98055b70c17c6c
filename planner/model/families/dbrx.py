"""DBRX: query, key and value merged on disk, experts in every layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.blocks import experts, norm, router
from planner.model.decoder import WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("DbrxForCausalLM",)
EXAMPLES = {"databricks/dbrx-base": 131_596_523_520}


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and experts.

    Source: vllm.model_executor.models.dbrx (0.33.0)
    """
    attn, ffn = keys.part("attn_config"), keys.part("ffn_config")
    decoder = Decoder.read(
        keys.replaced(
            {
                "num_key_value_heads": attn.int("kv_n_heads", default=1),
                "max_position_embeddings": keys.int("max_seq_len", default=2048),
            }
        )
    )
    count = ffn.int("moe_num_experts", default=4)
    block = (
        router(decoder.hidden, count, "ffn.router.layer"),
        experts(
            hidden=decoder.hidden,
            intermediate=ffn.int("ffn_hidden_size", default=3584),
            count=count,
            prefix="ffn",
            names=("w1", "v1", "w2"),
        ),
    )
    layer = decoder.layer(
        decoder.attention(prefix="norm_attn_norm.attn", names=("Wqkv", "out_proj"), matrices=()),
        block,
        norm_names=("norm_attn_norm.norm_1", "norm_attn_norm.norm_2"),
    )
    built = decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        final_norm=(norm("transformer.norm_f", decoder.hidden),),
        layer_prefix="transformer.blocks",
        experts_per_token=ffn.int("moe_top_k", default=1),
    )
    # vLLM looks for their number beside the model's other sizes, not in ffn_config
    return replace(built, counts_experts=False)
