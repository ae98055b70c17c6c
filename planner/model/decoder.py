"""A decoder-only model put together: the facts every family reads, and the usual frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from planner.frozen import frozen
from planner.model.architecture import Architecture, Layer
from planner.model.blocks import (
    QKV_MATRICES,
    attention,
    embedding,
    head,
    head_norms,
    mlp,
    norm,
    norms,
)
from planner.model.cache import CacheSpec, EncoderOnly, FullAttention, SlidingWindow
from planner.model.context import derived_max_model_len, longest_model_len
from planner.model.dtype import FORBIDS_FLOAT16, checkpoint_dtype
from planner.model.frame import ClassFacts, Frame, FramePart
from planner.model.keys import ALIASES
from planner.model.rope import rope_buffer, rope_parameter_sets, rope_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.model.keys import Keys
    from planner.model.modules import Buffer, Module

WHOLE_FRAME: tuple[FramePart, ...] = ("embedding", "norm", "head")
"""for the model classes that build all of it on each pipeline stage"""

LAYER_NORMS = ("input_layernorm", "post_attention_layernorm")


@frozen
class Decoder:
    """The sizes that nearly every config.json states, under the names they go by.

    ``keys`` are the text model's, ``root`` the whole file's: the same unless it is multimodal.
    """

    keys: Keys
    root: Keys
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    num_layers: int
    vocab_size: int
    max_position: int
    tied: bool

    @classmethod
    def read(
        cls,
        keys: Keys,
        defaults: Mapping[str, Any] | None = None,
        *,
        root: Keys | None = None,
        tied: bool = False,
    ) -> Decoder:
        """Read them; ``defaults`` are the model class's, for keys that the file leaves out.

        ``tied`` is the default of ``tie_word_embeddings``.
        """
        root = root or keys
        keys = keys.with_defaults(defaults or {})
        hidden = keys.int("hidden_size", *ALIASES["hidden_size"])
        heads = keys.int("num_attention_heads", *ALIASES["num_attention_heads"])
        return cls(
            keys=keys,
            root=root,
            hidden=hidden,
            heads=heads,
            kv_heads=keys.int("num_key_value_heads", "num_kv_heads", default=heads),
            head_dim=keys.int("head_dim", default=hidden // max(heads, 1)),
            num_layers=keys.int("num_hidden_layers", *ALIASES["num_hidden_layers"]),
            vocab_size=keys.int("vocab_size", "padded_vocab_size"),
            max_position=keys.int("max_position_embeddings", "n_positions", default=8192),
            tied=keys.flag("tie_word_embeddings", default=tied),
        )

    def with_even_heads(self) -> Decoder:
        """The same for model classes that know no ``head_dim`` key."""
        return replace(self, head_dim=self.hidden // self.heads)

    @property
    def intermediate(self) -> int:
        """Features of the dense feed-forward block."""
        return self.keys.int("intermediate_size", *ALIASES["intermediate_size"])

    @property
    def layer_types(self) -> list[str]:
        """What ``layer_types`` says of each layer; empty when the file does not."""
        return [str(name) for name in self.keys.per_layer("layer_types", self.num_layers)]

    @property
    def window(self) -> int | None:
        """The sliding window that all layers share; 0 means none.

        A model that mixes layer types decides per layer instead: :meth:`windows`.
        Source: vllm.engine.arg_utils.EngineArgs.create_engine_config (0.33.0)
        """
        if any(name != "sliding_attention" for name in self.layer_types):
            return None
        return self.keys.optional_int("sliding_window") or None

    def windows(self, types: Sequence[str] | None = None) -> list[int | None]:
        """The window of each layer where the model class goes by ``layer_types``."""
        types = self.layer_types if types is None else types
        if not types:
            return [self.window] * self.num_layers
        size = self.keys.optional_int("sliding_window") or None
        return [size if name == "sliding_attention" else None for name in types]

    def rope(self, layer_type: str | None = None, name: str = "rotary_emb") -> Buffer:
        """The rotary table of this model's attention, apart for layer types that differ."""
        parameters = rope_parameters(self.keys, layer_type)
        if any(each != parameters for each in rope_parameter_sets(self.keys)):
            name = f"{name}.{layer_type}"
        return rope_buffer(self.head_dim, self.max_position, parameters, name)

    def cache(
        self,
        window: int | None = None,
        *,
        sinks: bool = False,
        softcap: bool = False,
        mm_prefix: bool = False,
    ) -> CacheSpec:
        """What attention keeps per token: everything, or a sliding window of it."""
        if not self.keys.flag("is_causal", default=True):
            return EncoderOnly(kv_heads=self.kv_heads, head_size=self.head_dim)
        sizes = (self.kv_heads, self.head_dim, self.head_dim)
        if window is None:
            return FullAttention(*sizes, sinks=sinks, softcap=softcap, mm_prefix=mm_prefix)
        return SlidingWindow(*sizes, window, sinks=sinks, softcap=softcap, mm_prefix=mm_prefix)

    def mlp(self, *, gated: bool = True, bias: bool = False) -> tuple[Module, ...]:
        """The dense feed-forward block."""
        return mlp(hidden=self.hidden, intermediate=self.intermediate, gated=gated, bias=bias)

    def attention(
        self,
        *,
        qkv_bias: bool = False,
        out_bias: bool = False,
        qk_norm: bool = False,
        prefix: str = "self_attn",
        names: tuple[str, str] = ("qkv_proj", "o_proj"),
        matrices: tuple[str, ...] = QKV_MATRICES,
    ) -> tuple[Module, ...]:
        """Grouped-query attention; ``qk_norm`` norms each head of queries and keys."""
        return (
            *attention(
                hidden=self.hidden,
                heads=self.heads,
                kv_heads=self.kv_heads,
                head_dim=self.head_dim,
                qkv_bias=qkv_bias,
                out_bias=out_bias,
                prefix=prefix,
                names=names,
                matrices=matrices,
            ),
            *(head_norms(self.head_dim, prefix=prefix) if qk_norm else ()),
        )

    def layer(
        self,
        attention: Iterable[Module],
        feed_forward: Iterable[Module],
        *,
        norm_names: tuple[str, ...] = LAYER_NORMS,
        norm_bias: bool = False,
        rope: bool = True,
        rope_name: str = "rotary_emb",
        layer_type: str | None = None,
        cache: CacheSpec | None = None,
    ) -> Layer:
        """A layer of two blocks with their norms; its cache is the shared window's if not given."""
        tables = (self.rope(layer_type, rope_name),) if rope else ()
        layer_norms = norms(self.hidden, *norm_names, bias=norm_bias)
        return Layer(
            modules=(*attention, *feed_forward, *layer_norms, *tables),
            caches=(self.cache(self.window) if cache is None else cache,),
        )

    def architecture(
        self,
        layers: Sequence[Layer],
        *,
        first: tuple[Module, ...] = (),
        on_every_stage: tuple[FramePart, ...] = (),
        norm_bias: bool = False,
        head_bias: bool = False,
        final_norm: tuple[Module, ...] | None = None,
        embedding_dim: int | None = None,
        every: tuple[Module, ...] = (),
        **facts: Unpack[ClassFacts],
    ) -> Architecture:
        """The frame around the layers: vocabulary table before, norm and head behind.

        Some model classes build parts of the frame ``on_every_stage``; ``first`` and ``every``
        hold what they have beside it, ``final_norm`` another norm than the usual one,
        ``embedding_dim`` a width of the vocabulary's tables that is not the layers'.
        """
        max_model_len, key = derived_max_model_len(self.keys)
        width = embedding_dim or self.hidden
        if final_norm is None:
            final_norm = (norm("model.norm", self.hidden, bias=norm_bias),)
        shared = self.tied and "embedding" in on_every_stage
        around = Frame(
            (embedding(self.vocab_size, width),),
            final_norm,
            () if shared else (head(self.vocab_size, width, bias=head_bias),),
            on_every_stage,
        )
        return Architecture(
            model_type=self.root.text("model_type"),
            hidden_size=self.hidden,
            vocab_size=self.vocab_size,
            num_attention_heads=self.heads,
            num_kv_heads=self.kv_heads,
            head_dim=self.head_dim,
            layers=tuple(layers),
            first=(*around.here("embedding"), *first),
            last=(*around.here("norm"), *around.here("head")),
            every=(*around.everywhere, *every),
            tied=self.tied,
            max_model_len=max_model_len,
            max_model_len_key=key,
            longest_model_len=longest_model_len(self.keys),
            dtype=checkpoint_dtype(self.root, self.keys),
            forbids_float16=FORBIDS_FLOAT16.get(self.root.text("model_type")),
            **facts,
        )
