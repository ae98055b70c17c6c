"""LongCat-Flash: two attentions and two MLPs a layer, and experts beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import experts, mlp, norms, router
from planner.model.decoder import Decoder
from planner.model.mla import LatentAttention
from planner.model.modules import Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("LongcatFlashForCausalLM",)
EXAMPLES = {"meituan-longcat/LongCat-Flash-Chat": 560_664_980_480}
DEFAULTS = {
    "vocab_size": 131072,
    "hidden_size": 6144,
    "ffn_hidden_size": 12288,
    "expert_ffn_hidden_size": 2048,
    "num_layers": 28,
    "num_attention_heads": 64,
    "max_position_embeddings": 131072,
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "n_routed_experts": 512,
    "zero_expert_num": 256,
    "moe_topk": 12,
}
"""transformers.LongcatFlashConfig (5.19)"""
_HALVES = (0, 1)


def read(keys: Keys) -> Architecture:
    """The router also scores experts that do nothing and have no weights.

    Source: vllm.model_executor.models.longcat_flash (0.33.0)
    """
    keys = keys.with_defaults(DEFAULTS)
    decoder = Decoder.read(keys.replaced({"num_hidden_layers": keys.int("num_layers")}))
    attentions = [LatentAttention.read(decoder.keys, f"self_attn.{half}") for half in _HALVES]
    modules: list[Module] = [attentions[0].rope(decoder.keys, decoder.max_position)]
    for half, attention in zip(_HALVES, attentions, strict=True):
        names = (f"input_layernorm.{half}", f"post_attention_layernorm.{half}")
        dense = mlp(hidden=decoder.hidden, intermediate=decoder.intermediate, prefix=f"mlps.{half}")
        modules += [*attention.modules(), *dense, *norms(decoder.hidden, *names)]
    layer = Layer(
        modules=(*modules, *_sparse_block(decoder)),
        caches=tuple(attention.cache() for attention in attentions),
    )
    return decoder.architecture(
        [layer] * decoder.num_layers,
        uses_mla=True,
        experts_per_token=decoder.keys.int("moe_topk"),
    )


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    keys, hidden = decoder.keys, decoder.hidden
    count = keys.int("n_routed_experts")
    scored = count + keys.int("zero_expert_num")
    size = keys.int("expert_ffn_hidden_size", "moe_intermediate_size")
    return (
        router(hidden, scored, "mlp.router.classifier", dtype="float32"),
        Weight(name="mlp.router.e_score_correction_bias", shape=(scored,), dtype="float32"),
        experts(hidden=hidden, intermediate=size, count=count),
    )
