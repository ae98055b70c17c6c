"""A decoder-only model put together: the facts every family reads, and the usual frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.model.architecture import Architecture, Layer
from planner.model.blocks import embedding, head, norm
from planner.model.cache import CacheSpec, FullAttention, SlidingWindow
from planner.model.context import derived_max_model_len
from planner.model.keys import Keys
from planner.model.modules import Buffer, Module
from planner.model.rope import rope_buffer, rope_parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoder:
    """The sizes that nearly every config.json states, under the names they go by."""

    keys: Keys
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    num_layers: int
    vocab_size: int
    max_position: int
    tied: bool

    @classmethod
    def read(cls, keys: Keys, *, tied: bool = False) -> Decoder:
        """Read them; ``tied`` is the model class's default of ``tie_word_embeddings``."""
        hidden = keys.int("hidden_size", "n_embd", "d_model")
        heads = keys.int("num_attention_heads", "n_head", "n_heads")
        return cls(
            keys=keys,
            hidden=hidden,
            heads=heads,
            kv_heads=keys.int("num_key_value_heads", "num_kv_heads", default=heads),
            head_dim=keys.int("head_dim", default=hidden // heads),
            num_layers=keys.int("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
            vocab_size=keys.int("vocab_size", "padded_vocab_size"),
            max_position=keys.int("max_position_embeddings", "n_positions", default=8192),
            tied=keys.flag("tie_word_embeddings", default=tied),
        )

    @property
    def intermediate(self) -> int:
        """Features of the dense feed-forward block."""
        return self.keys.int("intermediate_size", "ffn_hidden_size", "n_inner")

    def rope(self, layer_type: str | None = None) -> Buffer:
        """The rotary table of this model's attention."""
        parameters = rope_parameters(self.keys, layer_type)
        return rope_buffer(self.head_dim, self.max_position, parameters)

    def cache(self, window: int | None = None) -> CacheSpec:
        """What attention keeps per token: everything, or a sliding window of it."""
        if window is None:
            return FullAttention(self.kv_heads, self.head_dim, self.head_dim)
        return SlidingWindow(self.kv_heads, self.head_dim, self.head_dim, window)

    def architecture(  # noqa: PLR0913 - a model has that many parts
        self,
        layers: Sequence[Layer],
        *,
        first: tuple[Module, ...] | None = None,
        last: tuple[Module, ...] | None = None,
        every: tuple[Module, ...] = (),
        layer_prefix: str = "model.layers",
        forbids_float16: str | None = None,
        supports_pp: bool = True,
        uses_mla: bool = False,
        experts_per_token: int = 0,
        notes: tuple[str, ...] = (),
    ) -> Architecture:
        """The frame around the layers: vocabulary table before, norm and head behind."""
        max_model_len, key = derived_max_model_len(self.keys)
        return Architecture(
            model_type=self.keys.text("model_type"),
            hidden_size=self.hidden,
            vocab_size=self.vocab_size,
            num_attention_heads=self.heads,
            num_kv_heads=self.kv_heads,
            head_dim=self.head_dim,
            layers=tuple(layers),
            first=first if first is not None else (embedding(self.vocab_size, self.hidden),),
            last=last if last is not None else self.norm_and_head(),
            every=every,
            layer_prefix=layer_prefix,
            tied=self.tied,
            max_model_len=max_model_len,
            max_model_len_key=key,
            dtype=self.keys.text("dtype", "torch_dtype").removeprefix("torch.") or None,
            forbids_float16=forbids_float16,
            supports_pp=supports_pp,
            uses_mla=uses_mla,
            experts_per_token=experts_per_token,
            notes=notes,
        )

    def norm_and_head(self, *, bias: bool = False, norm_bias: bool = False) -> tuple[Module, ...]:
        """The final norm and the output head."""
        return (
            norm("model.norm", self.hidden, bias=norm_bias),
            head(self.vocab_size, self.hidden, bias=bias),
        )
