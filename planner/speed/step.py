"""One step of an engine: seconds by what takes them, for columns of layouts and loads.

A step runs ``decode`` requests one token on and ``prefill`` tokens of prompts. Each matrix takes a
launch and the longer of its arithmetic and its traffic; attention streams the KV cache; layers
exchange activations. Columns broadcast: what a layout fixes is [rows, 1], loads are [rows, loads].

Source: Williams et al., Roofline (2009); constants: ``hardware_db/kernels``
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float64]

#: what a step's seconds are told by
PARTS = ("weights", "kv_cache", "compute", "all_reduce", "launches", "host", "pipeline")
#: bytes of one activation
_ACTIVATION = 2


@frozen
class Matrix:
    """A linear layer of a rank, all of the model's alike.

    Attributes:
        count: how many a token passes through.
        elements: of the rank's share, and its weight_bytes; inputs and outputs: its sides.
        flops: rate of its arithmetic; quantize_s: of bringing activations into 8 or 4 bits
            before it, 0 where they stay.
    """

    count: float
    elements: Floats
    weight_bytes: Floats
    inputs: Floats
    outputs: Floats
    flops: float
    quantize_s: float


@frozen
class ExpertLayer:
    """Routed experts of a rank, all of the model's layers alike.

    Attributes:
        count: layers.
        experts: in all; chosen: for each token; held: on the rank.
        elements: of one expert's share on the rank, and its bytes.
        launch_s, stream, flops, padding: constants of the kernel of their format.
    """

    count: float
    experts: float
    chosen: float
    held: Floats
    elements: Floats
    expert_bytes: Floats
    launch_s: float
    stream_bytes_per_s: float
    flops: float
    padding: float


@frozen
class Attention:
    """Attention layers alike in what they read.

    Attributes:
        count: layers.
        token_bytes: of the KV cache of a token on a rank; reach: tokens that are read at most.
        compression: tokens that share an entry.
        token_flops: of scores and values of one new token and one old one, on a rank.
    """

    count: float
    token_bytes: Floats
    reach: float
    compression: float
    token_flops: Floats


@frozen
class Exchange:
    """What ranks tell each other: [rows, 1].

    Attributes:
        reduces: all-reduces of a step in a tensor-parallel group; 0 where there is none.
        reduce_s, reduce_s_per_byte: of one.
        gathers: exchanges between data-parallel ranks that share experts.
        gather_s, gather_s_per_byte: of one.
        hops: hand-overs to the next stage, with hop_s and hop_s_per_byte.
    """

    reduces: Floats
    reduce_s: Floats
    reduce_s_per_byte: Floats
    gathers: Floats
    gather_s: Floats
    gather_s_per_byte: Floats
    hops: Floats
    hop_s: float
    hop_s_per_byte: Floats


@frozen
class Engine:
    """One engine's model on its ranks, and the board's rates."""

    matrices: tuple[Matrix, ...]
    experts: tuple[ExpertLayer, ...]
    attention: tuple[Attention, ...]
    head: Matrix | None
    exchange: Exchange
    layers: int
    hidden: int
    latent: bool
    expert_ranks: Floats
    """data-parallel ranks whose tokens reach the same experts: [rows, 1]"""
    hbm_bytes_per_s: float
    flops: float
    constants: Mapping[str, float]
    captured: float
    """tokens of the largest CUDA graph; more are launched kernel by kernel"""


@frozen
class Work:
    """What a step does, by loads: decode requests, their context, prompt tokens, their span."""

    decode: Floats
    context: Floats
    prefill: Floats
    span: Floats


def step(engine: Engine, work: Work) -> dict[str, Floats]:
    """Seconds of a step through all stages, by ``PARTS``."""
    tokens = work.decode + work.prefill
    parts = {name: np.zeros(np.shape(tokens)) for name in PARTS}
    for matrix in engine.matrices:
        _add_matrix(parts, engine, matrix, tokens)
    if engine.head is not None:
        _add_matrix(parts, engine, engine.head, np.maximum(work.decode, 1.0))
    for layer in engine.experts:
        _add_experts(parts, layer, tokens * engine.expert_ranks)
    for attention in engine.attention:
        _add_attention(parts, engine, attention, work)
    _add_small(parts, engine, tokens)
    _add_exchange(parts, engine, tokens)
    constants = engine.constants
    on_gpu = sum(parts.values())
    launched = np.where(tokens > engine.captured, engine.layers * constants["eager_layer_s"], 0.0)
    parts["launches"] = parts["launches"] + np.maximum(launched - on_gpu, 0.0)
    host = constants["host_step_s"] + constants["host_request_s"] * work.decode
    parts["host"] = parts["host"] + host
    return parts


def _add_matrix(parts: dict[str, Floats], engine: Engine, matrix: Matrix, tokens: Floats) -> None:
    """A launch, and the longer of arithmetic and traffic."""
    constants = engine.constants
    launch = constants["launch_s"] + matrix.quantize_s
    arithmetic = 2 * tokens * matrix.elements / matrix.flops
    read = 1.0 if matrix.quantize_s else _ACTIVATION
    moved = matrix.weight_bytes + tokens * (read * matrix.inputs + _ACTIVATION * matrix.outputs)
    traffic = moved / (engine.hbm_bytes_per_s * constants["weight_stream"])
    by_traffic = traffic >= arithmetic
    parts["launches"] = parts["launches"] + matrix.count * launch
    parts["weights"] = parts["weights"] + matrix.count * np.where(by_traffic, traffic, 0.0)
    parts["compute"] = parts["compute"] + matrix.count * np.where(by_traffic, 0.0, arithmetic)


def _add_experts(parts: dict[str, Floats], layer: ExpertLayer, tokens: Floats) -> None:
    """Only experts that some token chose are read; tiles are padded for each."""
    missed = np.log1p(-min(layer.chosen / layer.experts, 1 - 1e-6))
    active = layer.held * -np.expm1(tokens * missed)
    traffic = active * layer.expert_bytes / layer.stream_bytes_per_s
    share = layer.chosen * layer.held / layer.experts
    rows = tokens * share + active * layer.padding
    arithmetic = 2 * rows * layer.elements / layer.flops
    by_traffic = traffic >= arithmetic
    parts["launches"] = parts["launches"] + layer.count * layer.launch_s
    parts["weights"] = parts["weights"] + layer.count * np.where(by_traffic, traffic, 0.0)
    parts["compute"] = parts["compute"] + layer.count * np.where(by_traffic, 0.0, arithmetic)


def _add_attention(
    parts: dict[str, Floats], engine: Engine, attention: Attention, work: Work
) -> None:
    """Decoding streams the cache; a prompt's tokens are scored against those before them."""
    constants = engine.constants
    reach = np.minimum(work.context, attention.reach) / attention.compression
    span = np.minimum(work.span, attention.reach) / attention.compression
    stream = engine.hbm_bytes_per_s * constants["kv_stream"]
    flops = engine.flops * constants["prefill_attention"]
    read = work.decode * reach * attention.token_bytes / stream
    scored = work.prefill * span * attention.token_flops / flops
    launches = 3.0 * (work.decode > 0) + 4.0 * (work.prefill > 0)
    parts["kv_cache"] = parts["kv_cache"] + attention.count * read
    parts["compute"] = parts["compute"] + attention.count * scored
    parts["launches"] = parts["launches"] + attention.count * launches * constants["launch_s"]


def _add_small(parts: dict[str, Floats], engine: Engine, tokens: Floats) -> None:
    """Norms, rotary positions, residuals: each layer passes over the activations several times."""
    constants = engine.constants
    each = constants["small_s"] + (constants["latent_s"] if engine.latent else 0.0)
    moved = 14 * tokens * engine.hidden * _ACTIVATION
    traffic = moved / (engine.hbm_bytes_per_s * constants["weight_stream"])
    parts["launches"] = parts["launches"] + engine.layers * each
    parts["compute"] = parts["compute"] + engine.layers * traffic


def _add_exchange(parts: dict[str, Floats], engine: Engine, tokens: Floats) -> None:
    """All-reduces of tensor parallelism, exchanges between attention replicas, hops of stages."""
    exchange = engine.exchange
    size = tokens * engine.hidden * _ACTIVATION
    reduces = exchange.reduces * (exchange.reduce_s + size * exchange.reduce_s_per_byte)
    gathers = exchange.gathers * (exchange.gather_s + size * exchange.gather_s_per_byte)
    parts["all_reduce"] = parts["all_reduce"] + reduces + gathers
    hops = exchange.hops * (exchange.hop_s + size * exchange.hop_s_per_byte)
    parts["pipeline"] = parts["pipeline"] + hops
