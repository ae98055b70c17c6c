"""Gemma 2: norms before and after each block, a sliding window in every other layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import LAYER_NORMS, WHOLE_FRAME, Decoder
from planner.model.families.gemma import NORMALIZER
from planner.model.layer_types import every_nth_full

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Gemma2ForCausalLM", "Gemma2Model")
EXAMPLES = {"google/gemma-2-27b-it": 27_227_128_320, "google/gemma-2-2b": 2_614_341_888}
DEFAULTS = {
    "vocab_size": 256000,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "max_position_embeddings": 8192,
    "sliding_window": 4096,
}
"""transformers.Gemma2Config (5.19)"""
FOUR_NORMS = (*LAYER_NORMS, "pre_feedforward_layernorm", "post_feedforward_layernorm")


def read(keys: Keys) -> Architecture:
    """Windows in even layers, scores capped in all.

    Source: vllm.model_executor.models.gemma2 (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS, tied=True)
    bias = decoder.keys.flag("attention_bias")
    attention = decoder.attention(qkv_bias=bias, out_bias=bias)
    types = decoder.layer_types or every_nth_full(decoder.num_layers, 2)
    softcap = float(decoder.keys.float("attn_logit_softcapping", default=50.0)) > 0
    return decoder.architecture(
        [
            decoder.layer(
                attention,
                decoder.mlp(),
                norm_names=FOUR_NORMS,
                cache=decoder.cache(window, softcap=softcap),
            )
            for window in decoder.windows(types)
        ],
        on_every_stage=WHOLE_FRAME,
        every=(NORMALIZER,),
        caps_logits=float(decoder.keys.float("final_logit_softcapping", default=30.0)) > 0,
    )
