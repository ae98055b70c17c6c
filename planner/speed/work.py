"""What one step of an engine computes, reads and sends, apart from how fast.

Sizes are of one rank and of all pipeline stages together: a token passes through each. They are
numbers or columns, Float64[rows, 1], so that loads can stand beside them.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from planner.frozen import frozen

if TYPE_CHECKING:
    from planner.units import Floats


@frozen
class MatMul:
    """``count`` equal linear layers.

    Attributes:
        kernel: family of kernels by the weights' format.
        outputs, inputs: features on a rank.
        weight_bytes: of one layer, scales included.
        sampled: it runs for tokens that are sampled only (the head).
        drafting: it belongs to what drafts tokens ahead.
    """

    kernel: str
    count: float
    outputs: Floats
    inputs: Floats
    weight_bytes: Floats
    sampled: bool = False
    drafting: bool = False


@frozen
class ExpertMatMul:
    """``count`` equal layers of routed experts.

    Attributes:
        total: experts of a layer; on_rank: those of the fullest rank; per_token: that a token
            visits.
        weights: multiplications a token takes in one expert on a rank.
        hidden, between: values that a token and an expert's products have in and out: of the
            layer, which every rank moves for all experts, and between them, of those on a rank.
        expert_bytes: of one expert on a rank.
        spread: whether a rank sees the tokens of all data-parallel ranks.
    """

    kernel: str
    count: float
    total: float
    on_rank: Floats
    per_token: float
    weights: Floats
    hidden: float
    between: Floats
    expert_bytes: Floats
    spread: Floats


@frozen
class Attention:
    """``count`` equal layers that read what earlier tokens left.

    Attributes:
        limit: the most tokens it looks at (a window, picked tokens).
        ratio: tokens that share an entry.
        token_bytes: of a token's entry on a rank, as decoding reads it.
        decode_flops, prefill_flops: of one pair of tokens on a rank.
        prompt_bytes: of a prompt's token: its query, key, value and output.
        launches: kernels beside the attention itself.
    """

    count: float
    limit: float = inf
    ratio: float = 1.0
    token_bytes: Floats
    decode_flops: Floats
    prefill_flops: Floats
    prompt_bytes: Floats
    fp8: bool = False
    launches: float = 0.0


@frozen
class State:
    """``count`` equal layers with a state of fixed size a request."""

    count: float
    state_bytes: Floats
    token_flops: Floats


@frozen
class Work:
    """A step's work, and what ranks exchange in it.

    Attributes:
        layers: of the stack; small_kernels: norms, rotations, activations of all of them.
        hidden: features of a token; token_bytes: of its activations.
        vocabulary: entries of the head.
        all_reduces: of a token's activations over the tensor-parallel group.
        norm_all_reduces: of a few bytes a token over that group.
        exchanges: pairs of gather and scatter over the ranks that share experts.
        query_tokens: tokens a decoding request puts into a step, with those drafted.
        host_bytes: of weights that lie in host memory, on a rank of each stage together;
            fetched_ahead: while the layers before them run.
    """

    matmuls: tuple[MatMul, ...]
    experts: tuple[ExpertMatMul, ...]
    attention: tuple[Attention, ...]
    states: tuple[State, ...]
    layers: float
    small_kernels: float
    hidden: float
    token_bytes: float
    vocabulary: float
    all_reduces: Floats
    norm_all_reduces: Floats
    exchanges: Floats
    query_tokens: float = 1.0
    host_bytes: Floats | float = 0.0
    fetched_ahead: bool = False
