"""What requests look like to the engine: mean lengths and how much they vary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

#: between the shortest and the longest answer that are looked at
_MOMENTS = 64


@frozen
class Load:
    """Requests of one kind.

    Attributes:
        input_tokens, output_tokens: means.
        context_tokens: a decoding request has, averaged over the steps it is in.
        peak_tokens: a place takes, on average, when users that started together take most.
        prompt_tokens: that are computed: without those of cached prefixes.
        span_tokens: that a computed token of a prompt looks at, on average.
        variation: mean of the squared prompt over the square of its mean; 1 for equal prompts.
        output_variation: the same of answers.
        tokens_per_step: that a request gains in a step; above 1 where tokens are drafted.
    """

    input_tokens: float
    output_tokens: float
    context_tokens: float
    prompt_tokens: float
    span_tokens: float
    peak_tokens: float
    variation: float = 1.0
    output_variation: float = 1.0
    tokens_per_step: float = 1.0


def load_of(
    lengths: Sequence[tuple[int, int]],
    *,
    prefix_cache_hit_rate: float = 0.0,
    tokens_per_step: float = 1.0,
) -> Load:
    """The load of requests with these input and output lengths.

    A cached prefix is not computed again, but computed tokens look at it.

    >>> load_of([(1000, 100)]).context_tokens
    1050.0
    """
    count = len(lengths)
    inputs = sum(length for length, _ in lengths) / count
    outputs = sum(length for _, length in lengths) / count
    steps = sum(out * (size + out / 2) for size, out in lengths) / count
    squares = sum(size * size for size, _ in lengths) / count
    hit = prefix_cache_hit_rate
    return Load(
        input_tokens=inputs,
        output_tokens=outputs,
        context_tokens=steps / outputs,
        prompt_tokens=max(inputs * (1 - hit), 1.0),
        span_tokens=squares / inputs * (1 + hit) / 2,
        peak_tokens=_peak(lengths),
        variation=squares / inputs**2,
        output_variation=sum(out * out for _, out in lengths) / count / outputs**2,
        tokens_per_step=tokens_per_step,
    )


def _peak(lengths: Sequence[tuple[int, int]]) -> float:
    """What a place holds, on average, when users who all started at once hold most.

    Each answer that ends makes room, and its user asks again: the most is held before one ends.
    """
    inputs, outputs = np.array(lengths, dtype=np.float64).T
    moments = np.unique(np.quantile(outputs, np.linspace(0, 1, _MOMENTS)))[:, np.newaxis]
    held = np.where(moments <= outputs, moments, moments % outputs)
    return float((inputs + held).mean(axis=1).max())


def drafted_tokens(acceptance_rate: float, drafted: int) -> float:
    """Tokens of a step where each drafted one is accepted with a chance.

    The first that is refused ends it: 1 + a + a^2, and so on.

    Source: Leviathan et al., Fast Inference from Transformers via Speculative Decoding, eq. 1

    >>> drafted_tokens(0.5, 2)
    1.75
    """
    return sum(acceptance_rate**place for place in range(drafted + 1))
