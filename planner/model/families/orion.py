"""Orion: Llama's layers with layer norms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.decoder import WHOLE_FRAME, Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("OrionForCausalLM",)
EXAMPLES = {"OrionStarAI/Orion-14B-Chat": 14_498_703_360}


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.orion (0.33.0)
    """
    decoder = Decoder.read(keys).with_even_heads()
    layer = decoder.layer(decoder.attention(), decoder.mlp(), norm_bias=True)
    return decoder.architecture(
        [layer] * decoder.num_layers, on_every_stage=WHOLE_FRAME, norm_bias=True
    )
