"""Gemma: Llama's layers with wide heads, a scaled embedding tied to the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.modules import Buffer

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("GemmaForCausalLM",)
EXAMPLES = {"google/gemma-7b": 8_537_680_896, "google/gemma-2b": 2_506_172_416}
DEFAULTS = {
    "vocab_size": 256000,
    "hidden_size": 3072,
    "intermediate_size": 24576,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "head_dim": 256,
    "max_position_embeddings": 8192,
}
"""transformers.GemmaConfig (5.19)"""
NORMALIZER = Buffer(name="model.normalizer", elements=1)
"""by which the embedding is scaled, on each stage"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.gemma (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS, tied=True)
    layer = decoder.layer(decoder.attention(), decoder.mlp())
    return decoder.architecture(
        [layer] * decoder.num_layers, on_every_stage=WHOLE_FRAME, every=(NORMALIZER,)
    )
