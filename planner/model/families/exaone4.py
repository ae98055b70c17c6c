"""EXAONE 4: norms behind each block and over heads, a window in three layers of four."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.decoder import Decoder
from planner.model.layer_types import every_nth_full

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Exaone4ForCausalLM",)
EXAMPLES = {"LGAI-EXAONE/EXAONE-4.0-32B": 32_003_216_384}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 102400,
    "hidden_size": 4096,
    "intermediate_size": 16384,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "max_position_embeddings": 2048,
    "sliding_window": 4096,
    "sliding_window_pattern": 4,
}
"""transformers.Exaone4Config (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.exaone4 (0.33.0)
    """
    decoder = Decoder.read(with_types(keys.with_defaults(DEFAULTS)))
    keys = decoder.keys
    bias = keys.flag("attention_bias") or keys.flag("bias")
    attention = decoder.attention(qkv_bias=bias, out_bias=bias, qk_norm=True)
    mlp = decoder.mlp(bias=keys.flag("mlp_bias"))
    names = ("post_attention_layernorm", "post_feedforward_layernorm")
    return decoder.architecture(
        [
            decoder.layer(attention, mlp, norm_names=names, cache=decoder.cache(window))
            for window in decoder.windows()
        ]
    )


def with_types(keys: Keys) -> Keys:
    """The type of each layer: every so many see everything.

    Source: transformers.models.exaone4.configuration_exaone4.Exaone4Config (5.19)
    """
    if keys.list("layer_types"):
        return keys
    step = keys.int("sliding_window_pattern") if "sliding_window" in keys else 0
    return keys.replaced({"layer_types": every_nth_full(keys.int("num_hidden_layers"), step)})
