"""InternLM2: Llama's layers under other names, query, key and value merged on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp
from planner.model.decoder import Decoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("InternLM2ForCausalLM",)
EXAMPLES = {"internlm/internlm2-7b": 7_737_708_544}


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.internlm2 (0.33.0)
    """
    return stack(Decoder.read(keys))


def stack(decoder: Decoder) -> Architecture:
    """The model from sizes already read."""
    attention = decoder.attention(prefix="attention", names=("wqkv", "wo"), matrices=())
    feed_forward = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.intermediate,
        prefix="feed_forward",
        names=("w1", "w3", "w2"),
    )
    layer = decoder.layer(attention, feed_forward, norm_names=("attention_norm", "ffn_norm"))
    return decoder.architecture(
        [layer] * decoder.num_layers, on_every_stage=("embedding", "norm", "head")
    )
