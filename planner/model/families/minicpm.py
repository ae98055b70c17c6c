"""MiniCPM: Llama's layers with scaled residuals, a tied head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import router
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.modules import Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("MiniCPMForCausalLM",)
EXAMPLES = {"openbmb/MiniCPM-2B-sft-bf16": 2_724_880_896}


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP, or experts that are never quantized.

    Source: vllm.model_executor.models.minicpm (0.33.0)
    """
    decoder = Decoder.read(keys, tied=True).with_even_heads()
    experts = keys.int("num_experts", default=0)
    feed_forward = _sparse_block(decoder, experts) if experts else decoder.mlp()
    layer = decoder.layer(decoder.attention(), feed_forward)
    return decoder.architecture(
        [layer] * decoder.num_layers,
        on_every_stage=WHOLE_FRAME,
        experts_per_token=keys.int("num_experts_per_tok") if experts else 0,
    )


def _sparse_block(decoder: Decoder, count: int) -> tuple[Module, ...]:
    size = decoder.intermediate
    return (
        router(decoder.hidden, count),
        Weight(name="mlp.ws", shape=(count, 2 * size, decoder.hidden), split_axis=1),
        Weight(name="mlp.w2s", shape=(count, decoder.hidden, size), split_axis=2),
    )
