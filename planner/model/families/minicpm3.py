"""MiniCPM3: keys and values from a latent vector, cached in full for each head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import attention_scales, norm, replicated
from planner.model.cache import FullAttention
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.mla import LatentAttention
from planner.model.modules import Linear, Part, Split
from planner.model.rope import rope_buffer, rope_parameters

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("MiniCPM3ForCausalLM",)
EXAMPLES = {"openbmb/MiniCPM3-4B": 4_073_875_968}
DEFAULTS = {
    "vocab_size": 73448,
    "hidden_size": 2560,
    "intermediate_size": 6400,
    "num_hidden_layers": 62,
    "num_attention_heads": 40,
    "max_position_embeddings": 32768,
    "q_lora_rank": 768,
    "kv_lora_rank": 256,
    "qk_nope_head_dim": 64,
    "qk_rope_head_dim": 32,
    "v_head_dim": 64,
}
"""transformers.MiniCPM3Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """The projections to the latent are whole on each rank and apart.

    Source: vllm.model_executor.models.minicpm3 (0.33.0)
    """
    keys = keys.with_defaults(DEFAULTS)
    decoder = Decoder.read(keys, tied=True)
    sizes = LatentAttention.read(keys)
    width = sizes.qk_head_dim
    rope = rope_buffer(sizes.qk_rope_head_dim, decoder.max_position, rope_parameters(keys))
    layer = decoder.layer(
        (*_attention(sizes), rope),
        decoder.mlp(),
        rope=False,
        cache=FullAttention(decoder.heads, width, width),
    )
    return decoder.architecture([layer] * decoder.num_layers, on_every_stage=WHOLE_FRAME)


def _attention(sizes: LatentAttention) -> tuple[Module, ...]:
    queries = sizes.q_lora_rank or sizes.hidden
    latent = sizes.kv_lora_rank + sizes.qk_rope_head_dim
    values = sizes.qk_nope_head_dim + sizes.v_head_dim
    out = Linear(
        name="self_attn.o_proj",
        inputs=sizes.heads * sizes.v_head_dim,
        parts=(Part(sizes.hidden),),
        split=Split.ROW,
        input_units=sizes.heads,
    )
    return (
        replicated("self_attn.q_a_proj", sizes.hidden, queries),
        norm("self_attn.q_a_layernorm", queries),
        _by_heads("self_attn.q_b_proj", queries, sizes.heads, sizes.qk_head_dim),
        replicated("self_attn.kv_a_proj_with_mqa", sizes.hidden, latent),
        norm("self_attn.kv_a_layernorm", sizes.kv_lora_rank),
        _by_heads("self_attn.kv_b_proj", sizes.kv_lora_rank, sizes.heads, values),
        out,
        attention_scales(),
    )


def _by_heads(name: str, inputs: int, heads: int, width: int) -> Linear:
    return Linear(name=name, inputs=inputs, parts=(Part(heads, width),))
