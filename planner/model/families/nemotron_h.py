"""Nemotron-H and Nemotron 3: each layer is one block, Mamba 2, attention, MLP or experts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.model.architecture import Layer
from planner.model.blocks import correction_bias, experts, mlp, norm, replicated, router
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.state_blocks import Mamba2

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.cache import CacheSpec
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("NemotronHForCausalLM",)
EXAMPLES = {
    "nvidia/NVIDIA-Nemotron-Nano-9B-v2": 8_888_227_328,
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16": 31_577_940_288,
    "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16": 120_668_707_840,
}
DEFAULTS = {
    "vocab_size": 131072,
    "hidden_size": 4096,
    "intermediate_size": 21504,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 4096,
    "ssm_state_size": 128,
    "mamba_num_heads": 128,
    "mamba_head_dim": 64,
    "n_groups": 8,
    "conv_kernel": 4,
    "use_conv_bias": True,
    "mamba_ssm_cache_dtype": "float32",
    "n_routed_experts": 8,
    "n_shared_experts": 1,
    "moe_intermediate_size": 7688,
    "moe_shared_expert_intermediate_size": 7688,
    "num_experts_per_tok": 2,
}
"""transformers.NemotronHConfig (5.19)"""
_LETTERS = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}
_NAMES = {"linear_attention": "mamba", "full_attention": "attention"}
_DEFAULT_KINDS = ["mamba", "moe", "attention", "mlp"]
_PREFIX = "mixer"


def read(keys: Keys) -> Architecture:
    """Blocks in the order the configuration gives; no positions are encoded.

    Layers of multi-token prediction belong to the draft model and are not built here.
    Source: vllm.model_executor.models.nemotron_h (0.33.0)
    """
    kinds = layer_kinds(keys)
    keys = keys.with_defaults(DEFAULTS).replaced({"num_hidden_layers": len(kinds)})
    decoder = replace(Decoder.read(keys), tied=False)
    layers = {
        "mamba": _mamba(decoder),
        "attention": _attention(decoder),
        "moe": _layer(decoder, _sparse_block(decoder)),
    }
    dense = [_layer(decoder, _mlp(decoder, width)) for width in _mlp_widths(decoder, kinds)]
    order = [kinds[:index].count("mlp") for index in range(len(kinds))]
    return decoder.architecture(
        [
            dense[before] if kind == "mlp" else layers[kind]
            for kind, before in zip(kinds, order, strict=True)
        ],
        on_every_stage=WHOLE_FRAME,
        final_norm=(norm("model.norm_f", decoder.hidden),),
        layer_prefix="backbone.layers",
        experts_per_token=keys.int("num_experts_per_tok") if "moe" in kinds else 0,
    )


def layer_kinds(keys: Keys) -> list[str]:
    """What each layer is, from either form: a list of names, or a string of letters.

    Source: transformers.models.nemotron_h.configuration_nemotron_h.NemotronHConfig (5.19)
    """
    named = [str(name) for name in keys.list("layers_block_type", "layer_types")]
    kinds = [_NAMES.get(name, name) for name in named]
    if not kinds:
        pattern = keys.text("hybrid_override_pattern")
        kinds = [_LETTERS.get(letter, letter) for letter in pattern] or _DEFAULT_KINDS
    unknown = sorted(set(kinds) - set(_LETTERS.values()))
    if unknown:
        raise InvalidInputError(
            f"config.json: a layer is of kind {unknown[0]!r}",
            cause=f"Nemotron-H knows the letters {' '.join(_LETTERS)} for mamba, attention, "
            "mlp and moe",
            fix="use the config.json that lies beside the checkpoint",
        )
    return kinds


def _layer(decoder: Decoder, mixer: tuple[Module, ...], *caches: CacheSpec) -> Layer:
    return Layer(modules=(*mixer, norm("norm", decoder.hidden)), caches=caches)


def _mamba(decoder: Decoder) -> Layer:
    keys = decoder.keys
    heads, head_dim = keys.int("mamba_num_heads"), keys.int("mamba_head_dim")
    mixer = Mamba2(
        hidden=decoder.hidden,
        intermediate=heads * head_dim,
        n_groups=keys.int("mamba_n_groups", "n_groups"),
        num_heads=heads,
        head_dim=head_dim,
        state_size=keys.int("ssm_state_size"),
        conv_kernel=keys.int("mamba_d_conv", "conv_kernel"),
        conv_bias=keys.flag("mamba_conv_bias", "use_conv_bias"),
        bias=keys.flag("use_bias"),
        state_dtype=keys.text("mamba_ssm_cache_dtype"),
    )
    return _layer(decoder, mixer.modules(), mixer.cache())


def _attention(decoder: Decoder) -> Layer:
    window = decoder.keys.optional_int("sliding_window") or None
    return _layer(decoder, decoder.attention(prefix=_PREFIX), decoder.cache(window))


def _mlp(decoder: Decoder, width: int) -> tuple[Module, ...]:
    return mlp(
        hidden=decoder.hidden,
        intermediate=width,
        gated=False,
        bias=decoder.keys.flag("mlp_bias"),
        prefix=_PREFIX,
    )


def _mlp_widths(decoder: Decoder, kinds: list[str]) -> list[int]:
    """Features of each MLP layer: all the same, or listed."""
    stated = decoder.keys.raw("intermediate_size")
    count = kinds.count("mlp")
    if not isinstance(stated, list):
        return [decoder.intermediate] * count
    return [int(size) for size in stated] if len(stated) > 1 else [int(stated[0])] * count


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    """Router, experts and shared experts; a latent size puts the experts between projections."""
    keys, hidden = decoder.keys, decoder.hidden
    count = keys.int("n_routed_experts")
    latent = keys.optional_int("moe_latent_size")
    bias = keys.flag("mlp_bias")
    block: tuple[Module, ...] = (
        replace(router(hidden, count, f"{_PREFIX}.gate"), float32_without_kernel=True),
        correction_bias(count, f"{_PREFIX}.gate.e_score_correction_bias"),
        experts(
            hidden=latent or hidden,
            intermediate=keys.int("moe_intermediate_size"),
            count=count,
            gated=False,
            prefix=_PREFIX,
            names=("up_proj", "down_proj"),
        ),
    )
    if latent:
        block += (
            replicated(f"{_PREFIX}.fc1_latent_proj", hidden, latent, bias=bias),
            replicated(f"{_PREFIX}.fc2_latent_proj", latent, hidden, bias=bias),
        )
    shared = keys.int("n_shared_experts", default=0)
    if shared:
        block += mlp(
            hidden=hidden,
            intermediate=keys.int("moe_shared_expert_intermediate_size") * shared,
            gated=False,
            prefix=f"{_PREFIX}.shared_experts",
            whole_in_sequence_parallel=True,
        )
    return block
