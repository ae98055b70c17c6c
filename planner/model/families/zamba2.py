"""Zamba 2: Mamba 2 in every layer, and a few attention blocks that many layers share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.architecture import Layer
from planner.model.blocks import attention, attention_scales, mlp, norm, norms, replicated
from planner.model.decoder import WHOLE_FRAME, Decoder
from planner.model.modules import Linear, Part
from planner.model.state_blocks import Mamba2

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Zamba2ForCausalLM",)
EXAMPLES: dict[str, int] = {}
DEFAULTS = {
    "vocab_size": 32000,
    "max_position_embeddings": 4096,
    "hidden_size": 2560,
    "num_hidden_layers": 54,
    "num_attention_heads": 32,
    "mamba_d_state": 64,
    "mamba_d_conv": 4,
    "mamba_expand": 2,
    "mamba_ngroups": 1,
    "n_mamba_heads": 8,
    "use_conv_bias": True,
    "num_mem_blocks": 1,
    "adapter_rank": 128,
}
"""transformers.Zamba2Config (5.19)"""
_HYBRID = "hybrid"
_LONG_CONTEXT = 16384
_DEFAULT_TYPES = [
    "mamba",
    *(["mamba"] * 5 + [_HYBRID]) * 7,
    *["mamba"] * 4,
    _HYBRID,
    *["mamba"] * 3,
    _HYBRID,
    *["mamba"] * 2,
]


def read(keys: Keys) -> Architecture:
    """Each use of a shared block has a cache and adapters of its own; no pipeline stages.

    Source: vllm.model_executor.models.zamba2 (0.33.0)
    """
    types = [str(name) for name in keys.list("layers_block_type", "layer_types")] or _DEFAULT_TYPES
    keys = keys.with_defaults(DEFAULTS).replaced({"num_hidden_layers": len(types)})
    if keys.flag("use_long_context"):
        keys = keys.replaced({"max_position_embeddings": _LONG_CONTEXT})
    decoder = replace(_with_wide_heads(Decoder.read(keys)), tied=True)
    mixer = _mamba(decoder)
    plain = Layer(
        modules=(*mixer.modules(), norm("input_layernorm", decoder.hidden)),
        caches=(mixer.cache(),),
    )
    hybrid = replace(plain, modules=(*plain.modules, *_own(decoder)))
    first, *rest = (hybrid if name == _HYBRID else plain for name in types)
    # vLLM builds all attention of the shared blocks before the first layer
    caches = (decoder.cache(),) * types.count(_HYBRID)
    shared = (_shared(decoder, number) for number in range(keys.int("num_mem_blocks")))
    return decoder.architecture(
        [replace(first, caches=(*caches, *first.caches)), *rest],
        on_every_stage=WHOLE_FRAME,
        every=tuple(module for block in shared for module in block),
        final_norm=(norm("model.final_layernorm", decoder.hidden),),
        supports_pp=False,
    )


def _with_wide_heads(decoder: Decoder) -> Decoder:
    """Attention sees a layer's input beside the model's: twice the features."""
    head_dim = 2 * decoder.hidden // decoder.heads
    return replace(decoder, head_dim=head_dim, kv_heads=decoder.heads)


def _mamba(decoder: Decoder) -> Mamba2:
    keys = decoder.keys
    inner = keys.int("mamba_expand") * decoder.hidden
    heads = keys.int("n_mamba_heads")
    return Mamba2(
        hidden=decoder.hidden,
        intermediate=inner,
        n_groups=keys.int("mamba_ngroups"),
        num_heads=heads,
        head_dim=inner // heads,
        state_size=keys.int("mamba_d_state"),
        conv_kernel=keys.int("mamba_d_conv"),
        conv_bias=keys.flag("use_conv_bias"),
        bias=keys.flag("add_bias_linear"),
        prefix="mamba",
    )


def _own(decoder: Decoder) -> tuple[Module, ...]:
    """What a layer has of its own beside the shared block."""
    keys, hidden = decoder.keys, decoder.hidden
    width = keys.int("intermediate_size", default=0) or 4 * hidden
    prefix = "shared_transformer.feed_forward.gate_up_proj_adapter"
    modules: tuple[Module, ...] = (
        replicated("linear", hidden, hidden),
        *_adapter(decoder, prefix, hidden, (width, width)),
        attention_scales(),
    )
    if keys.flag("use_shared_attention_adapter"):
        for name in ("q", "k", "v"):
            prefix = f"shared_transformer.self_attn.linear_{name}_adapter"
            modules += _adapter(decoder, prefix, 2 * hidden, (2 * hidden,))
    return modules


def _adapter(
    decoder: Decoder, prefix: str, inputs: int, outputs: tuple[int, ...]
) -> tuple[Module, ...]:
    rank = decoder.keys.int("adapter_rank")
    return (
        Linear(name=f"{prefix}.A", inputs=inputs, parts=(Part(rank),)),
        Linear(name=f"{prefix}.B", inputs=rank, parts=tuple(map(Part, outputs))),
    )


def _shared(decoder: Decoder, number: int) -> tuple[Module, ...]:
    keys, hidden = decoder.keys, decoder.hidden
    prefix = f"model.blocks.{number}"
    qkv, out, _ = attention(
        hidden=2 * hidden,
        heads=decoder.heads,
        kv_heads=decoder.heads,
        head_dim=decoder.head_dim,
        prefix=f"{prefix}.self_attn",
    )
    if isinstance(out, Linear):
        out = replace(out, parts=(Part(hidden),))
    return (
        qkv,
        out,
        *mlp(
            hidden=hidden,
            intermediate=keys.int("intermediate_size", default=0) or 4 * hidden,
            bias=keys.flag("add_bias_linear"),
            prefix=f"{prefix}.feed_forward",
        ),
        norm(f"{prefix}.input_layernorm", 2 * hidden),
        *norms(hidden, f"{prefix}.pre_ff_layernorm"),
        *((decoder.rope(),) if keys.flag("use_mem_rope") else ()),
    )
