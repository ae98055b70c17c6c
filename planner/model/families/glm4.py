"""GLM-4 of 2025: norms before and after each block, gate and up merged on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import mlp
from planner.model.decoder import LAYER_NORMS, Decoder
from planner.model.families.glm import DEFAULTS

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Glm4ForCausalLM",)
EXAMPLES = {"zai-org/GLM-4-32B-0414": 32_566_081_536}


def read(keys: Keys) -> Architecture:
    """Grouped-query attention and a gated MLP.

    Source: vllm.model_executor.models.glm4 (0.33.0)
    """
    return stack(Decoder.read(keys, DEFAULTS))


def stack(decoder: Decoder) -> Architecture:
    """The model from sizes already read."""
    layer = decoder.layer(
        decoder.attention(qkv_bias=decoder.keys.flag("attention_bias", default=True)),
        mlp(hidden=decoder.hidden, intermediate=decoder.intermediate, merged_name="gate_up_proj"),
        norm_names=(*LAYER_NORMS, "post_self_attn_layernorm", "post_mlp_layernorm"),
    )
    return decoder.architecture([layer] * decoder.num_layers)
