"""Llama and what shares its class: Yi, InternLM3, TeleChat3, DeepSeek's Llama distillations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Architecture, Layer
from planner.model.blocks import attention, mlp, norms
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.keys import Keys

ARCHITECTURES = (
    "LlamaForCausalLM",
    "LLaMAForCausalLM",
    "InternLM3ForCausalLM",
    "IQuestCoderForCausalLM",
    "TeleChat3ForCausalLM",
)
EXAMPLES = {"meta-llama/Llama-3.1-8B-Instruct": 8_030_261_248, "01-ai/Yi-34B": 34_388_917_248}


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.llama (0.33.0)
    """
    decoder = Decoder.read(keys)
    bias = keys.flag("attention_bias", "bias", "qkv_bias")
    layer = Layer(
        modules=(
            *attention(
                hidden=decoder.hidden,
                heads=decoder.heads,
                kv_heads=decoder.kv_heads,
                head_dim=decoder.head_dim,
                qkv_bias=bias,
                out_bias=bias,
            ),
            *mlp(
                hidden=decoder.hidden,
                intermediate=decoder.intermediate,
                bias=keys.flag("mlp_bias"),
            ),
            *norms(decoder.hidden, "input_layernorm", "post_attention_layernorm"),
            decoder.rope(),
        ),
        caches=(decoder.cache(),),
    )
    return decoder.architecture([layer] * decoder.num_layers)
