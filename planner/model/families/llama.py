"""Llama and what shares its class: Yi, InternLM3, TeleChat3, DeepSeek's Llama distillations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = (
    "LlamaForCausalLM",
    "LLaMAForCausalLM",
    "LlamaModel",
    "InternLM3ForCausalLM",
    "IQuestCoderForCausalLM",
    "TeleChat3ForCausalLM",
)
EXAMPLES = {"meta-llama/Llama-3.1-8B-Instruct": 8_030_261_248, "01-ai/Yi-34B": 34_388_917_248}
DEFAULTS = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 2048,
}
"""transformers.LlamaConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.llama (0.33.0)
    """
    return stack(Decoder.read(keys, DEFAULTS))


def stack(decoder: Decoder) -> Architecture:
    """The model from sizes already read, for families that only default them otherwise."""
    keys = decoder.keys
    bias = keys.flag("attention_bias") or keys.flag("bias")
    attention = decoder.attention(qkv_bias=keys.flag("qkv_bias", default=bias), out_bias=bias)
    mlp = decoder.mlp(bias=keys.flag("mlp_bias"))
    return decoder.architecture(
        [decoder.layer(attention, mlp, cache=decoder.cache(window)) for window in decoder.windows()]
    )
