"""StableLM: Llama's layers with layer norms, a quarter of each head rotated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("StableLmForCausalLM",)
EXAMPLES = {"stabilityai/stablelm-3b-4e1t": 2_795_443_200}
DEFAULTS = {
    "vocab_size": 50304,
    "hidden_size": 2560,
    "intermediate_size": 6912,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "max_position_embeddings": 4096,
    "partial_rotary_factor": 0.25,
}
"""transformers.StableLmConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.stablelm (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS).with_even_heads()
    attention = decoder.attention(qkv_bias=decoder.keys.flag("use_qkv_bias"))
    layer = decoder.layer(attention, decoder.mlp(), norm_bias=True)
    return decoder.architecture(
        [layer] * decoder.num_layers, on_every_stage=WHOLE_FRAME, norm_bias=True
    )
