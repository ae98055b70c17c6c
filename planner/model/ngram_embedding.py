"""A layer that adds embeddings of n-grams: a table in the hosts' memory, and what reads it."""

from __future__ import annotations

from itertools import count, islice
from math import isqrt
from typing import TYPE_CHECKING

from planner.model.blocks import norms
from planner.model.modules import Buffer, Linear, Part, Split, Weight
from planner.model.state_cache import ShortConvState
from planner.units import round_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.model.decoder import Decoder
    from planner.model.modules import Module

_NORMS = ("ple.norm_key", "ple.norm_query", "ple.norm_conv")


def ngram_modules(decoder: Decoder, number: int) -> tuple[Module, ...]:
    """The ``number``-th such layer's; all but the table is whole on each rank.

    Ranks share the table, which vLLM keeps in pinned host memory unless told otherwise.
    Source: vllm.models.qwen4_exp.nvidia.ple_layer.Qwen4ExpPLELayer, .ngram_embedding
    .Qwen4ExpNGramEmbedding, vllm.config.engram.EngramConfig (0.33.0)
    """
    keys, hidden = decoder.keys, decoder.hidden
    wide, heads = keys.int("hc_count") * hidden, _heads(decoder)
    inputs = keys.int("ple_embed_dim", default=hidden)
    merged = Linear(
        name="ple.kv_proj",
        inputs=inputs,
        parts=(Part(wide), Part(hidden)),
        split=Split.REPLICATED,
        matrices=("ple.key_proj", "ple.value_proj"),
    )
    table = Weight(
        name="ple.ple_embedding.ngram_embedding",
        shape=(_rows(decoder, number), inputs // heads),
        on_host=True,
    )
    return (
        table,
        merged,
        *norms(wide, *_NORMS),
        Weight(name="ple.conv1d", shape=(wide, keys.int("ple_conv_kernel_size"))),
        Buffer(
            name="ple.ple_embedding.layout",
            elements=keys.int("ngram_size") + 2 * heads,
            dtype="int64",
            shared=False,
        ),
    )


def ngram_cache(decoder: Decoder) -> ShortConvState:
    """The last inputs of a convolution whose taps are ``ngram_size`` tokens apart."""
    keys = decoder.keys
    kept = (keys.int("ple_conv_kernel_size") - 1) * keys.int("ngram_size")
    channels = keys.int("hc_count") * decoder.hidden
    return ShortConvState(channels=channels, conv_kernel=kept + 1, whole=True)


def _heads(decoder: Decoder) -> int:
    return (decoder.keys.int("ngram_size") - 1) * decoder.keys.int("heads_per_ngram")


def _rows(decoder: Decoder, number: int) -> int:
    """Each head of each such layer has the next prime number of rows."""
    keys, heads = decoder.keys, _heads(decoder)
    primes = _primes_from(keys.int("ngram_vocab_size_base"))
    rows = sum(islice(primes, number * heads, (number + 1) * heads))
    return round_up(rows, keys.int("make_ngram_vocab_size_divisible_by"))


def _primes_from(start: int) -> Iterator[int]:
    """Prime numbers, ``start`` included.

    >>> list(islice(_primes_from(20), 3))
    [23, 29, 31]
    """
    return (n for n in count(max(start, 2)) if all(n % d for d in range(2, isqrt(n) + 1)))
