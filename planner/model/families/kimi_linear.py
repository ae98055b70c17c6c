"""Kimi Linear: three layers of delta attention to one of latent attention, and experts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import correction_bias, experts, mlp, norm, norms, replicated, router
from planner.model.decoder import LAYER_NORMS, Decoder
from planner.model.delta_blocks import KimiDelta
from planner.model.mla import LatentAttention
from planner.model.modules import Buffer, Linear, Part, Split

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.cache import CacheSpec
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("KimiLinearForCausalLM",)
EXAMPLES = {"moonshotai/Kimi-Linear-48B-A3B-Instruct": 49_122_681_728}
DEFAULTS = {
    "vocab_size": 163840,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 4096,
}
"""vllm.transformers_utils.configs.kimi_linear.KimiLinearConfig (0.33.0)"""
EAGER_HIDDEN_COPIES = 1
"""attention writes into a tensor of the layer's (measured: 0.26 on an H200)"""
_BLOCK = "block_sparse_moe"
_MIN_EXPERT_SLICE = 256


def read(keys: Keys) -> Architecture:
    """No positions are encoded.

    Source: vllm.models.kimi_k3.nvidia.model.KimiLinearForCausalLM (0.33.0)
    """
    decoder = Decoder.read(keys, DEFAULTS)
    keys = decoder.keys
    delta = KimiDelta.read(keys)
    latent = LatentAttention.read(keys)
    mixers: dict[bool, tuple[tuple[Module, ...], tuple[CacheSpec, ...]]] = {
        True: (delta.modules(), (delta.cache(),)),
        False: (_latent_modules(latent, keys), (latent.cache(),)),
    }
    delta_layers = set(keys.part("linear_attn_config").list("kda_layers"))
    residuals = "attn_res_block_size" in keys
    tail = _norms(decoder, residuals=residuals)
    blocks = _feed_forward(decoder)
    layers = []
    for index, block in enumerate(blocks):
        modules, caches = mixers[index + 1 in delta_layers]
        layers.append(Layer(modules=(*modules, *block, *tail), caches=caches))
    output = _residual("model.output_attn_res", decoder.hidden) if residuals else ()
    return replace(decoder, tied=False).architecture(
        layers,
        final_norm=(norm("model.norm", decoder.hidden), *output),
        uses_mla=True,
        eager_hidden_copies=EAGER_HIDDEN_COPIES,
        experts_per_token=keys.int("num_experts_per_token", default=0),
    )


def _norms(decoder: Decoder, *, residuals: bool) -> tuple[Module, ...]:
    """The usual two; and what mixes the residuals of earlier blocks of layers (K3)."""
    usual = norms(decoder.hidden, *LAYER_NORMS)
    if not residuals:
        return usual
    names = ("self_attention_res", "mlp_res")
    return (*usual, *(module for name in names for module in _residual(name, decoder.hidden)))


def _residual(name: str, hidden: int) -> tuple[Module, ...]:
    return norm(f"{name}_norm", hidden), replicated(f"{name}_proj", hidden, 1, quantized=False)


def _latent_modules(latent: LatentAttention, keys: Keys) -> tuple[Module, ...]:
    """Latent attention, with an output gate in the first projection where the file asks for it.

    Source: vllm.models.kimi_k3.nvidia.mla.MultiHeadLatentAttention (0.33.0)
    """
    one = Buffer(name="self_attn._one_scale", elements=1, dtype="float32", shared=False)
    modules = (*latent.modules(), one)
    if not keys.flag("mla_use_output_gate"):
        return modules
    gate = Part(latent.heads, latent.v_head_dim)
    if latent.q_lora_rank is None:
        return (*modules, Linear(name="self_attn.g_proj", inputs=latent.hidden, parts=(gate,)))
    return tuple(_gated(module, gate) for module in modules)


def _gated(module: Module, gate: Part) -> Module:
    if not isinstance(module, Linear) or not module.name.endswith("fused_qkv_a_proj"):
        return module
    whole = (Part(1, part.rows, replicate=True) for part in module.parts)
    return replace(
        module,
        name="self_attn.fused_qkv_a_g_proj",
        parts=(*whole, gate),
        split=Split.COLUMN,
        matrices=(*module.matrices, "self_attn.g_proj"),
    )


def _feed_forward(decoder: Decoder) -> list[tuple[Module, ...]]:
    """The block of each layer: dense ones first, then experts in every so many."""
    keys = decoder.keys
    dense = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.intermediate,
        whole_in_sequence_parallel=True,
        one_stage_only=True,
    )
    if "num_experts" not in keys:
        return [dense] * decoder.num_layers
    sparse = _sparse_block(decoder)
    start = keys.int("first_k_dense_replace", default=0)
    step = keys.int("moe_layer_freq", default=1)
    return [
        sparse if index >= start and index % step == 0 else dense
        for index in range(decoder.num_layers)
    ]


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    """Router, experts, shared experts; a narrower size puts the experts between projections."""
    keys, hidden = decoder.keys, decoder.hidden
    count, size = keys.int("num_experts"), keys.int("moe_intermediate_size")
    latent = keys.optional_int("routed_expert_hidden_size")
    routed = experts(
        hidden=latent or hidden,
        intermediate=size,
        count=count,
        prefix=_BLOCK,
        names=("w1", "w3", "w2"),
    )
    least = keys.int("min_moe_intermediate_per_partition", default=_MIN_EXPERT_SLICE)
    block: tuple[Module, ...] = (
        router(hidden, count, f"{_BLOCK}.gate"),
        correction_bias(count, f"{_BLOCK}.gate.e_score_correction_bias"),
        replace(routed, min_slice=least),
    )
    if latent:
        block += (
            replicated(f"{_BLOCK}.routed_expert_down_proj", hidden, latent),
            replicated(f"{_BLOCK}.routed_expert_up_proj", latent, hidden),
        )
        if keys.flag("latent_moe_use_norm"):
            block += (norm(f"{_BLOCK}.routed_expert_norm", latent),)
    shared = keys.int("num_shared_experts", default=0)
    if not shared:
        return block
    return block + mlp(
        hidden=hidden,
        intermediate=size * shared,
        prefix=f"{_BLOCK}.shared_experts",
        whole_in_sequence_parallel=True,
        one_stage_only=True,
    )
