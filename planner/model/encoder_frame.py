"""A text encoder put together: tables before, layers that keep no cache, a head behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Architecture, Layer
from planner.model.cache import EncoderOnly
from planner.model.context import derived_max_model_len
from planner.model.dtype import checkpoint_dtype
from planner.model.modules import Embedding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.model.keys import Keys
    from planner.model.modules import Module

HEAD_DTYPE = "float32"
"""what vLLM runs pooling heads in (vllm.config.model.ModelConfig.head_dtype, 0.33.0)"""


def encoder(
    keys: Keys,
    layers: Sequence[tuple[Module, ...]],
    *,
    tables: dict[str, int],
    before: tuple[Module, ...],
    after: tuple[Module, ...] = (),
    layer_prefix: str,
) -> Architecture:
    """Encoders run on one pipeline stage and pool; ``tables`` are rows by name."""
    hidden, heads = keys.int("hidden_size"), keys.int("num_attention_heads")
    cache = EncoderOnly(kv_heads=heads, head_size=hidden // heads)
    max_model_len, key = derived_max_model_len(keys)
    embeddings = tuple(
        Embedding(name=f"embeddings.{name}", vocab_size=rows, hidden=hidden)
        for name, rows in tables.items()
    )
    return Architecture(
        model_type=keys.text("model_type"),
        hidden_size=hidden,
        vocab_size=keys.int("vocab_size"),
        num_attention_heads=heads,
        num_kv_heads=heads,
        head_dim=hidden // heads,
        layers=tuple(Layer(modules=modules, caches=(cache,)) for modules in layers),
        first=(*embeddings, *before),
        last=after,
        layer_prefix=layer_prefix,
        max_model_len=max_model_len,
        max_model_len_key=key,
        dtype=checkpoint_dtype(keys, keys),
        supports_pp=False,
        pooling=True,
    )
