"""How fast a server's steps are with so many requests running: what one of them sees.

Continuous batching with chunked prompts: each step decodes one token of every running request
and takes a chunk of a waiting prompt along, which lengthens it for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.frozen import frozen
from planner.speed.step import PARTS, Batch, step_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.speed.load import Load
    from planner.speed.step import Engine, StepTime
    from planner.speed.work import Work
    from planner.units import Floats

#: of the budget of a step that prompts may always use, tokens
_LEAST_CHUNK = 256


@frozen
class Server:
    """An engine with its limits, of one data-parallel rank.

    Attributes:
        room: requests at a time, Float64[rows, 1]; room_at_peak: of a burst, when it takes most;
            seats: that an engine has, whatever its cache holds; chunk: tokens of a step.
        imbalance: the slowest pipeline stage against the mean, Float64[rows, 1].
        waves: how often a burst of users comes round; 0 where they arrive apart.
    """

    work: Work
    engine: Engine
    load: Load
    room: Floats
    room_at_peak: Floats
    seats: float
    chunk: float
    imbalance: Floats
    waves: float = 0.0


@frozen
class Pace:
    """Times of a rank with so many running: Float64[rows, loads].

    ``step_s`` decodes one token of each, ``stall_s`` is what one prompt adds to all others, and
    ``prompts`` so many fit into a step; ``parts`` are what takes the step, ``added`` what takes a
    chunk beside it.
    """

    running: Floats
    step_s: Floats
    stall_s: Floats
    prompts: Floats
    parts: Mapping[str, Floats]
    added: Mapping[str, Floats]

    @property
    def chunks(self) -> Floats:
        """Steps that a prompt takes."""
        return np.maximum(1 / self.prompts, 1.0)


def pace(server: Server, running: Floats) -> Pace:
    """Steps with so many requests running."""
    load, pp = server.load, server.engine.pp
    decode = np.maximum(running / pp, np.minimum(running, 1.0))
    nothing = np.zeros_like(decode)
    context = np.full_like(decode, load.context_tokens)
    span = np.full_like(decode, load.span_tokens)
    still = step_time(
        server.work,
        server.engine,
        Batch(decode=decode, context=context, prefill=nothing, span=span, sampled=decode),
    )
    decoding = running * server.work.query_tokens
    budget = np.maximum(server.chunk - decoding, min(_LEAST_CHUNK, server.chunk))
    chunks = np.maximum(load.prompt_tokens / budget, 1.0)
    mixed = step_time(
        server.work,
        server.engine,
        Batch(
            decode=decode,
            context=context,
            prefill=load.prompt_tokens / chunks,
            span=span,
            sampled=decode + 1,
        ),
    )
    stall = np.maximum(mixed.total - still.total, 1e-6) * chunks / pp
    return Pace(
        running=running,
        step_s=still.total * server.imbalance,
        stall_s=stall * server.imbalance,
        prompts=budget / load.prompt_tokens,
        parts=_parts(still, server.imbalance),
        added={name: np.maximum(mixed.parts[name] - still.parts[name], 0.0) for name in PARTS},
    )


def _parts(still: StepTime, imbalance: Floats) -> dict[str, Floats]:
    """The step by part; that faster stages wait for the slowest is the pipeline's."""
    parts = dict(still.parts)
    parts["pipeline"] = parts["pipeline"] + still.total * (imbalance - 1)
    return parts
