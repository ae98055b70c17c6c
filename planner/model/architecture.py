"""What a model is: its layers with their parameters and caches, and the facts rules need."""

from __future__ import annotations

from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.model.cache import FullAttention, SlidingWindow
from planner.model.modules import Embedding, Experts, Linear, Module, Weight

if TYPE_CHECKING:
    from planner.model.cache import CacheSpec


@frozen
class Layer:
    """One layer of the stack: equal layers compare equal, so that they are counted once."""

    modules: tuple[Module, ...]
    caches: tuple[CacheSpec, ...] = ()

    def text_only(self) -> Layer:
        """The same where no tokens of images see each other, for want of images."""
        caches = tuple(
            replace(cache, mm_prefix=False)
            if isinstance(cache, (FullAttention, SlidingWindow)) and cache.mm_prefix
            else cache
            for cache in self.caches
        )
        return self if caches == self.caches else replace(self, caches=caches)


@frozen
class Block:
    """Modules of an encoder, under their full names; ``count`` equal ones, named as the first.

    ``follows_mode``: ``--mm-encoder-tp-mode data`` gives each rank the whole of them.
    """

    modules: tuple[Module, ...]
    count: int = 1
    follows_mode: bool = True

    def whole(self) -> Block:
        """The same, undivided."""
        if not self.follows_mode:
            return self
        return replace(
            self,
            modules=tuple(
                m.whole() if isinstance(m, (Linear, Weight)) else m for m in self.modules
            ),
        )


@frozen(slots=False)
class Architecture:
    """A model as vLLM builds it, before any split.

    Attributes:
        name: the class in ``architectures``; model_type: config.json's.
        layers: the stack that pipeline stages divide.
        layer_prefix: the checkpoint's name of the stack (``model.layers``).
        first: modules of the first stage (embedding).
        last: modules of the last stage (final norm, head).
        every: modules that each stage holds.
        tower: encoders of images or sound and their projectors, on the first stage.
        tower_data_parallel: whether the class knows ``--mm-encoder-tp-mode data``.
        ends: modules that the first stage holds and the last, once where they are one.
        tied: the head is the embedding; one tensor when both are on one stage.
        max_model_len: the longest context the configuration allows, tokens.
        max_model_len_key: the key that says so; ``default`` where none does.
        longest_model_len: the longest that may be asked for, where that is more.
        mm_item_tokens: the most tokens of one image or video that a step must hold whole.
        dtype: torch's name of the checkpoint's dtype; None when it does not say.
        forbids_float16: why, for those that vLLM never runs in float16.
        supports_pp: whether the class has vLLM's SupportsPP.
        counts_experts: vLLM finds the number of experts, without which it spreads none.
        copies_kv_heads: ranks beyond the key-value heads hold copies; False for classes that do
            not start with so many.
        read_like: the class it was read like where no family knows its own; empty otherwise.
        eager_hidden_copies: hidden states that its code holds beyond input, residual and output,
            where it is not compiled.
        caps_logits: logits are divided and multiplied by a cap, into new tensors.
        notes: what was assumed while reading.
    """

    name: str = ""
    model_type: str
    hidden_size: int
    vocab_size: int
    num_attention_heads: int
    num_kv_heads: int
    head_dim: int
    layers: tuple[Layer, ...]
    first: tuple[Module, ...]
    last: tuple[Module, ...]
    every: tuple[Module, ...] = ()
    ends: tuple[Module, ...] = ()
    tower: tuple[Block, ...] = ()
    tower_data_parallel: bool = False
    layer_prefix: str = "model.layers"
    tied: bool = False
    max_model_len: int
    max_model_len_key: str = "max_position_embeddings"
    longest_model_len: int | None = None
    mm_item_tokens: int = 0
    dtype: str | None = None
    forbids_float16: str | None = None
    supports_pp: bool = True
    counts_experts: bool = True
    copies_kv_heads: bool = True
    uses_mla: bool = False
    eager_hidden_copies: int = 0
    caps_logits: bool = False
    pooling: bool = False
    experts_per_token: int = 0
    read_like: str = ""
    notes: tuple[str, ...] = field(default=())

    def without_tower(self) -> Architecture:
        """The text model alone, as ``--language-model-only`` builds it."""
        layers = tuple(layer.text_only() for layer in self.layers)
        return replace(self, tower=(), mm_item_tokens=0, layers=layers)

    def with_whole_tower(self) -> Architecture:
        """Each rank with the whole encoder, as ``--mm-encoder-tp-mode data`` builds it.

        The same where vLLM ignores the mode: its class has no ``supports_encoder_tp_data``.
        """
        if not self.tower_data_parallel:
            return self
        return replace(self, tower=tuple(block.whole() for block in self.tower))

    @property
    def num_layers(self) -> int:
        """Layers that pipeline stages divide."""
        return len(self.layers)

    @cached_property
    def kinds(self) -> tuple[Layer, ...]:
        """The distinct layers, in order of appearance."""
        return tuple(dict.fromkeys(self._objects.values()))

    @cached_property
    def kind_of(self) -> tuple[int, ...]:
        """The kind of each layer, as an index of ``kinds``."""
        numbers = {key: self.kinds.index(layer) for key, layer in self._objects.items()}
        return tuple(numbers[id(layer)] for layer in self.layers)

    @property
    def _objects(self) -> dict[int, Layer]:
        """Families make layers alike one object, which spares hashing the shapes of each."""
        return {id(layer): layer for layer in self.layers}

    @cached_property
    def num_experts(self) -> int:
        """Routed experts of the largest layer; 0 for a dense model."""
        counts = [m.count for kind in self.kinds for m in kind.modules if isinstance(m, Experts)]
        return max(counts, default=0)

    @cached_property
    def padded_vocab(self) -> int:
        """Rows of the output head, wherever it is held; 0 for a model without one."""
        behind = () if self.pooling else (*self.last, *self.every)
        return max((m.padded_vocab for m in behind if isinstance(m, Embedding)), default=0)

    @cached_property
    def linears(self) -> tuple[Linear, ...]:
        """Every distinct linear layer of the stack."""
        found = (m for kind in self.kinds for m in kind.modules if isinstance(m, Linear))
        return tuple(dict.fromkeys(found))
