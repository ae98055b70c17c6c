"""gpt-oss: attention sinks, a sliding window in every other layer, experts with biases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.blocks import experts, router
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.modules import Buffer, Weight
from planner.model.rope import rope_buffer, rope_parameters

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("GptOssForCausalLM",)
EXAMPLES = {"openai/gpt-oss-20b": 20_914_757_184, "openai/gpt-oss-120b": 116_829_156_672}
DEFAULTS = {
    "vocab_size": 201088,
    "hidden_size": 2880,
    "intermediate_size": 2880,
    "num_hidden_layers": 36,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "max_position_embeddings": 131072,
    "sliding_window": 128,
    "num_local_experts": 128,
    "num_experts_per_tok": 4,
    "rope_parameters": {
        "rope_type": "yarn",
        "factor": 32.0,
        "original_max_position_embeddings": 4096,
    },
}
"""transformers.GptOssConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Even layers see a window, odd ones everything; the rotary table is float32.

    A rank counts its key-value heads without copies: none are left beyond the model's.

    Source: vllm.model_executor.models.gpt_oss (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    count = keys.int("num_local_experts")
    attention = (
        *decoder.attention(qkv_bias=True, out_bias=True, prefix="attn"),
        Weight(name="attn.sinks", shape=(decoder.heads,), split_axis=0),
        _rope(decoder),
    )
    block = (
        router(decoder.hidden, count, "mlp.router", bias=True),
        experts(hidden=decoder.hidden, intermediate=decoder.intermediate, count=count, bias=True),
    )
    window = keys.optional_int("sliding_window") or None
    layers = [
        decoder.layer(attention, block, rope=False, cache=decoder.cache(size, sinks=True))
        for size in (window, None)
    ]
    built = decoder.architecture(
        [layers[index % 2] for index in range(decoder.num_layers)],
        on_every_stage=WHOLE_FRAME,
        experts_per_token=keys.int("num_experts_per_tok"),
    )
    return replace(built, copies_kv_heads=False)


def _rope(decoder: Decoder) -> Buffer:
    parameters = {**rope_parameters(decoder.keys), "rope_type": "yarn"}
    return rope_buffer(decoder.head_dim, decoder.max_position, parameters, dtype="float32")
