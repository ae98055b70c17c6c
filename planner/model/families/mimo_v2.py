"""MiMo-V2: narrower values than keys, windowed layers with heads of their own and sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.model.blocks import attention, correction_bias, experts, router
from planner.model.cache import CacheSpec, FullAttention, SlidingWindow
from planner.model.decoder import Decoder
from planner.model.modules import Weight
from planner.model.rope import rope_buffer

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("MiMoV2FlashForCausalLM", "MiMoV2ForCausalLM")
EXAMPLES = {"XiaomiMiMo/MiMo-V2-Flash": 308_778_780_864}


@frozen
class _Attention:
    """One of the two kinds of attention."""

    name: str
    heads: int
    kv_heads: int
    head_dim: int
    v_head_dim: int
    window: int | None
    sinks: bool

    @classmethod
    def read(cls, keys: Keys, prefix: str) -> _Attention:
        """``prefix`` is ``swa_`` for the windowed kind, or empty."""
        head_dim = keys.int(f"{prefix}head_dim")
        return cls(
            name=prefix,
            heads=keys.int(f"{prefix}num_attention_heads"),
            kv_heads=keys.int(f"{prefix}num_key_value_heads"),
            head_dim=head_dim,
            v_head_dim=keys.int(f"{prefix}v_head_dim", default=head_dim),
            window=keys.int("sliding_window_size", "sliding_window") if prefix else None,
            sinks=bool(prefix) and keys.flag("add_swa_attention_sink_bias"),
        )

    def modules(self, decoder: Decoder) -> tuple[Module, ...]:
        factor = decoder.keys.float("partial_rotary_factor", default=1.0)
        rope = rope_buffer(
            self.head_dim,
            decoder.max_position,
            {"partial_rotary_factor": factor},
            f"rotary_emb.{self.name}",
        )
        sinks = Weight(name="self_attn.attention_sink_bias", shape=(self.heads,), split_axis=0)
        return (
            *attention(
                hidden=decoder.hidden,
                heads=self.heads,
                kv_heads=self.kv_heads,
                head_dim=self.head_dim,
                v_head_dim=self.v_head_dim,
                qkv_bias=decoder.keys.flag("attention_bias"),
            ),
            rope,
            *((sinks,) if self.sinks else ()),
        )

    def cache(self) -> CacheSpec:
        sizes = (self.kv_heads, self.head_dim, self.v_head_dim)
        if self.window is None:
            return FullAttention(*sizes)
        return SlidingWindow(*sizes, self.window, sinks=self.sinks)


def read(keys: Keys) -> Architecture:
    """``hybrid_layer_pattern`` says which layers are windowed, ``moe_layer_freq`` which sparse.

    Source: vllm.model_executor.models.mimo_v2 (0.33.0)
    """
    decoder = Decoder.read(keys)
    kinds = [_Attention.read(keys, prefix) for prefix in ("", "swa_")]
    feed_forward = (decoder.mlp(), _sparse_block(decoder))
    layers = [
        [
            decoder.layer(kind.modules(decoder), block, rope=False, cache=kind.cache())
            for block in feed_forward
        ]
        for kind in kinds
    ]
    windowed = keys.per_layer("hybrid_layer_pattern", decoder.num_layers)
    sparse = keys.per_layer("moe_layer_freq", decoder.num_layers)
    return decoder.architecture(
        [layers[int(kind)][int(moe)] for kind, moe in zip(windowed, sparse, strict=True)],
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    keys, hidden = decoder.keys, decoder.hidden
    count = keys.int("n_routed_experts")
    return (
        router(hidden, count, dtype=keys.text("moe_router_dtype", default="float32")),
        correction_bias(count),
        experts(hidden=hidden, intermediate=keys.int("moe_intermediate_size"), count=count),
    )
