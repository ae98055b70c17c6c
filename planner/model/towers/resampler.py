"""Attention that turns any number of patches into a fixed number of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import norms, replicated
from planner.model.modules import Weight
from planner.model.towers.parts import plain_linear

if TYPE_CHECKING:
    from planner.model.modules import Module


def resampler(prefix: str, *, queries: int, hidden: int, inputs: int) -> tuple[Module, ...]:
    """Learned queries that attend to the patches; whole on each rank.

    Source: vllm.model_executor.layers.resampler.BaseResampler (0.33.0)
    """
    same = inputs == hidden
    return (
        Weight(name=f"{prefix}.query", shape=(queries, hidden)),
        *(() if same else (replicated(f"{prefix}.kv_proj", inputs, hidden),)),
        plain_linear(f"{prefix}.attn.in_proj", hidden, 3 * hidden),
        plain_linear(f"{prefix}.attn.out_proj", hidden, hidden),
        *norms(hidden, *(f"{prefix}.{name}" for name in ("ln_q", "ln_kv", "ln_post")), bias=True),
        Weight(name=f"{prefix}.proj", shape=(hidden, hidden)),
    )
