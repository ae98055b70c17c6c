"""How wide a token's temporary tensors are on each stage, from the layers' own modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.memory.activation import ActivationShape, expert_workspace_elements
from planner.model.modules import Experts, Linear, Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.layout import Layouts
    from planner.memory.stages import Stages
    from planner.model.architecture import Architecture, Layer
    from planner.units import IntLike, Ints


def activation_shape(
    architecture: Architecture, layouts: Layouts, stages: Stages, *, dtype_bytes: int
) -> ActivationShape:
    """The widest layer of every stage: columns Int64[rows, stages].

    A linear layer is told by its place: in attention, in the shared experts, or in the dense
    MLP; column splits widen a token, row splits take the narrow side.
    """
    present = _present(architecture, stages)

    def widest(width: Callable[[Layer], IntLike]) -> Ints:
        result = np.zeros(stages.shape, dtype=np.int64)
        for kind, here in zip(architecture.kinds, present, strict=True):
            columns = np.broadcast_to(np.asarray(width(kind)), (len(layouts),))
            result = np.maximum(result, np.where(here, columns[:, None], 0))
        return result

    tp = layouts.tp
    return ActivationShape(
        hidden=architecture.hidden_size,
        mlp_projection=widest(lambda kind: _projection(kind, "mlp", tp)),
        mlp_activation=widest(lambda kind: _activation(kind, "mlp", tp)),
        attention_qkv=widest(lambda kind: _projection(kind, "attention", tp)),
        attention_output=widest(lambda kind: _activation(kind, "attention", tp)),
        expert_workspace=widest(lambda kind: _workspace(kind, architecture, layouts)),
        shared_projection=widest(lambda kind: _projection(kind, "shared", tp)),
        shared_activation=widest(lambda kind: _activation(kind, "shared", tp)),
        vocabulary=architecture.padded_vocab,
        dtype_bytes=dtype_bytes,
    )


def _present(architecture: Architecture, stages: Stages) -> np.ndarray:
    """Whether a stage holds any layer of each kind: Bool[kinds, rows, stages]."""
    kinds, kind_of = len(architecture.kinds), np.array(architecture.kind_of)
    before = np.zeros((kinds, len(kind_of) + 1), dtype=np.int64)
    np.cumsum(kind_of[None, :] == np.arange(kinds)[:, None], axis=1, out=before[:, 1:])
    present: np.ndarray = before[:, stages.ends] > before[:, stages.starts]
    return present


def _place(module: Linear) -> str:
    name = module.name.lower()
    if "shared" in name:
        return "shared"
    return "attention" if "att" in name or "mixer" in name else "mlp"


def _linears(kind: Layer, place: str, split: Split) -> list[Linear]:
    linears = (m for m in kind.modules if isinstance(m, Linear) and m.split is split)
    return [m for m in linears if _place(m) == place]


def _projection(kind: Layer, place: str, tp: Ints) -> IntLike:
    widths = [sum(m.outputs_on(tp)) for m in _linears(kind, place, Split.COLUMN)]
    return _largest(widths)


def _activation(kind: Layer, place: str, tp: Ints) -> IntLike:
    return _largest([m.inputs_on(tp) for m in _linears(kind, place, Split.ROW)])


def _workspace(kind: Layer, architecture: Architecture, layouts: Layouts) -> IntLike:
    return _largest(
        [
            expert_workspace_elements(
                architecture.experts_per_token, m.hidden, m.intermediate_on(layouts.moe_tp)
            )
            for m in kind.modules
            if isinstance(m, Experts)
        ]
    )


def _largest(widths: list[IntLike]) -> IntLike:
    result: IntLike = 0
    for width in widths:
        result = np.maximum(result, width)
    return result
