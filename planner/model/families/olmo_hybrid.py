"""OLMo Hybrid: three layers of gated delta nets to one of attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.architecture import Layer
from planner.model.blocks import norm, norms
from planner.model.decoder import LAYER_NORMS, WHOLE_FRAME, Decoder
from planner.model.modules import Linear, Part, Split, Weight
from planner.model.state_blocks import convolution
from planner.model.state_cache import GatedDeltaNetState

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("OlmoHybridForCausalLM",)
EXAMPLES: dict[str, int] = {}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 100352,
    "hidden_size": 3840,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 30,
    "max_position_embeddings": 65536,
    "linear_conv_kernel_dim": 4,
}
"""transformers.OlmoHybridConfig (5.19)"""
_ATTENTION_EVERY = 4
_MIXER = "linear_attn"


def read(keys: Keys) -> Architecture:
    """Layers of attention have their norms behind the blocks, the others before.

    Source: vllm.model_executor.models.olmo_hybrid (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS).with_even_heads()
    state = _state(decoder)
    block = decoder.mlp()
    linear = Layer(
        modules=(*_delta_net(decoder.hidden, state), *block, *norms(decoder.hidden, *LAYER_NORMS)),
        caches=(state,),
    )
    full = decoder.layer(
        _attention(decoder),
        block,
        norm_names=("post_attention_layernorm", "post_feedforward_layernorm"),
        rope=_rotates(decoder.keys),
        cache=decoder.cache(),
    )
    kinds = decoder.layer_types or _default_types(decoder.num_layers)
    return decoder.architecture(
        [linear if kind == "linear_attention" else full for kind in kinds],
        on_every_stage=WHOLE_FRAME,
    )


def _default_types(count: int) -> list[str]:
    types = [
        "linear_attention" if (index + 1) % _ATTENTION_EVERY else "full_attention"
        for index in range(count)
    ]
    return types if "full_attention" in types else [*types[:-1], "full_attention"]


def _rotates(keys: Keys) -> bool:
    """A base of null says that no positions are encoded."""
    parameters = keys.raw("rope_parameters")
    return not isinstance(parameters, dict) or parameters.get("rope_theta", 0) is not None


def _attention(decoder: Decoder) -> tuple[Module, ...]:
    """Norms over all heads together, whole on each rank."""
    return (
        *decoder.attention(),
        norm("self_attn.q_norm", decoder.hidden),
        norm("self_attn.k_norm", decoder.kv_heads * decoder.head_dim),
    )


def _state(decoder: Decoder) -> GatedDeltaNetState:
    keys, heads = decoder.keys, decoder.heads
    key_heads = keys.int("linear_num_key_heads", default=heads)
    key_dim = keys.int("linear_key_head_dim", default=3 * decoder.hidden // (4 * key_heads))
    return GatedDeltaNetState(
        num_k_heads=key_heads,
        num_v_heads=keys.int("linear_num_value_heads", default=heads),
        head_k_dim=key_dim,
        head_v_dim=keys.int("linear_value_head_dim", default=2 * key_dim),
        conv_kernel=keys.int("linear_conv_kernel_dim"),
        stores_inside_prefill=False,
    )


def _delta_net(hidden: int, state: GatedDeltaNetState) -> tuple[Module, ...]:
    """Query, key, value and gate from one projection, the small gates from one each.

    Source: vllm.model_executor.layers.mamba.gdn.olmo_gdn_linear_attn
    .OlmoHybridGatedDeltaNetAttention (0.33.0)
    """
    heads = state.num_v_heads
    keys, values = Part(state.num_k_heads, state.head_k_dim), Part(heads, state.head_v_dim)
    names = ("q_proj", "k_proj", "v_proj", "g_proj")
    merged = Linear(
        name=f"{_MIXER}.in_proj_qkvg",
        inputs=hidden,
        parts=(keys, keys, values, values),
        matrices=tuple(f"{_MIXER}.{name}" for name in names),
    )
    out = Linear(
        name=f"{_MIXER}.o_proj",
        inputs=values.rows,
        parts=(Part(hidden),),
        split=Split.ROW,
        input_units=heads,
    )
    return (
        merged,
        *(
            Linear(name=f"{_MIXER}.{name}", inputs=hidden, parts=(Part(heads),))
            for name in ("b_proj", "a_proj")
        ),
        convolution(_MIXER, state.conv_kernel, (keys, keys, values)),
        *(
            Weight(name=f"{_MIXER}.{name}", shape=(heads,), split_axis=0)
            for name in ("dt_bias", "A_log")
        ),
        norm(f"{_MIXER}.o_norm", state.head_v_dim),
        out,
    )
