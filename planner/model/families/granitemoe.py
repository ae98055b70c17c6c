"""Granite MoE: Mixtral's layers, the vocabulary table tied to the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.families.mixtral import sparse_block

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("GraniteMoeForCausalLM",)
EXAMPLES = {"ibm-granite/granite-3.1-1b-a400m-instruct": 1_334_628_352}
DEFAULTS = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 2048,
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
}
"""transformers.GraniteMoeConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and experts.

    The checkpoint stacks the experts' matrices (``input_linear``, ``output_linear``).
    Source: vllm.model_executor.models.granitemoe (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    layer = decoder.layer(decoder.attention(), sparse_block(decoder))
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        experts_per_token=decoder.keys.int("num_experts_per_tok"),
    )
