"""What vLLM's Transformers backend builds otherwise than its own model classes.

It takes transformers' model, merges query, key and value (gate and up) and divides them by
the model's own plan. Rotary frequencies are kept once a stage, as vectors, not as tables.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model.modules import Buffer
from planner.model.rope import rope_parameter_sets
from planner.units import ceil_div

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.model.architecture import Architecture, Layer
    from planner.model.cache import CacheSpec
    from planner.model.decoder import Decoder
    from planner.model.modules import Module


def layers(
    decoder: Decoder,
    attention: Iterable[Module],
    feed_forward: Iterable[Module],
    **options: Any,  # noqa: ANN401 - handed on to Decoder.layer
) -> list[Layer]:
    """Equal layers but for their windows, without a rotary table of their own.

    Source: vllm.model_executor.models.transformers.base.Base.create_attention_instances
    (0.33.0)
    """
    of: dict[int | None, Layer] = {}
    attention, feed_forward = tuple(attention), tuple(feed_forward)
    for window in decoder.windows():
        cache: CacheSpec = decoder.cache(window)
        of[window] = decoder.layer(attention, feed_forward, rope=False, cache=cache, **options)
    return [of[window] for window in decoder.windows()]


def architecture(
    decoder: Decoder,
    layers: Sequence[Layer],
    *,
    every: tuple[Module, ...] = (),
    before: tuple[Module, ...] = (),
    rotary: bool = True,
    **options: Any,  # noqa: ANN401 - handed on to Decoder.architecture
) -> Architecture:
    """The frame, the rotary frequencies on every stage.

    ``before`` are modules besides the embedding that a tied head drags to the last stage.
    Source: vllm.model_executor.models.transformers.base.Base.pipeline_parallel (0.33.0)
    """
    every += frequencies(decoder) if rotary else ()
    built = decoder.architecture(layers, every=every, **options)
    if decoder.tied:
        return replace(built, ends=before)
    return replace(built, first=(*built.first, *before))


def frequencies(decoder: Decoder) -> tuple[Module, ...]:
    """The float32 frequencies of each kind of rotary embedding, kept twice.

    Checked: GPT-NeoX-20B, a quarter of 96 features rotated: 2 x 48 bytes.
    """
    buffers = []
    for index, parameters in enumerate(rope_parameter_sets(decoder.keys)):
        rotated = int(decoder.head_dim * float(parameters.get("partial_rotary_factor", 1.0)))
        name = f"model.rotary_emb.{index}"
        pair = 2 * ceil_div(rotated, 2)
        buffers.append(Buffer(name=name, elements=pair, dtype="float32"))
    return tuple(buffers)
