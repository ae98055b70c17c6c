"""A case as the model of speed sees it: what a rank of each row computes, reads and exchanges."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from planner.case.attention import attention_of
from planner.case.exchange import exchange_of
from planner.case.graphs import graph_plan
from planner.constants import platform_family
from planner.hardware.catalog import Catalog
from planner.memory.tensors import expert_shard, linear_shard, module_tensors
from planner.memory.weights import distinct_ranks
from planner.model.layer_kinds import with_schemes
from planner.model.modules import Embedding, Experts, Linear
from planner.speed.step import Engine, ExpertLayer, Matrix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.case.table import Case
    from planner.hardware.measured import Kernels
    from planner.memory.tensors import Ranks
    from planner.model.modules import Module
    from planner.quant.base import Scheme
    from planner.speed.step import Floats
    from planner.units import IntLike, Ints

#: bytes of a weight from which a format is 16, or 8 bits
_SIXTEEN, _EIGHT = 1.9, 0.9
#: formats of four bits whose weights are unpacked to 16: the rest computes in fp4 where a board can
_UNPACKED = {"awq", "awq_marlin", "gptq", "gptq_marlin", "auto-round", "inc", "compressed-tensors"}
#: compute capabilities of the first boards with fp8 and with fp4 arithmetic
_FP8, _FP4 = 89, 100


def engine_of(case: Case) -> Engine:
    """The engine of each row: columns are [rows, 1], of all stages together."""
    known = kernels_of(case).constants
    settings, layouts, board = case.settings, case.layouts, case.group.accelerator
    ranks, row_of = distinct_ranks(
        layouts, dtype_bytes=settings.dtype_bytes, capability=settings.capability
    )
    reader = _Reader(case, ranks, row_of, known)
    modules = [*reader.layers()]
    head = [
        (module, scheme)
        for module, scheme in with_schemes(case.architecture.last, case.quantization)
        if isinstance(module, Embedding)
    ]
    moe = case.has_experts & (layouts.dp > 1)
    return Engine(
        matrices=tuple(reader.matrix(m, s, n) for n, m, s in modules if isinstance(m, Linear)),
        experts=tuple(reader.experts(m, s, n) for n, m, s in modules if isinstance(m, Experts)),
        attention=tuple(attention_of(case)),
        head=reader.head(*head[-1]) if head else None,
        exchange=exchange_of(case, known),
        layers=case.architecture.num_layers,
        hidden=case.architecture.hidden_size,
        latent=case.architecture.uses_mla,
        expert_ranks=_column(np.where(moe, layouts.dp, 1)),
        hbm_bytes_per_s=board.hbm_bytes_per_s or np.nan,
        flops=board.bf16_dense_flops or board.fp16_dense_flops or np.nan,
        constants=known,
        captured=float(graph_plan(case).largest.max()) if _graphs(case) else 0.0,
    )


def kernels_of(case: Case) -> Kernels:
    """What the case's boards achieve."""
    board = case.group.accelerator
    return _kernels(platform_family(board.platform, case.settings.capability))


@cache
def _kernels(family: str) -> Kernels:
    return Catalog.default().kernels(family)


def _graphs(case: Case) -> bool:
    return not case.settings.enforce_eager and case.settings.compilation.graph_mode != "NONE"


def _column(values: Ints) -> Floats:
    return np.asarray(values, dtype=np.float64)[:, np.newaxis]


class _Reader:
    """Reads modules as the ranks of each row hold them."""

    def __init__(self, case: Case, ranks: Ranks, row_of: Ints, known: Mapping[str, float]) -> None:
        self._case = case
        self._ranks = ranks
        self._row_of = row_of
        self._known = known

    def layers(self) -> Iterator[tuple[float, Module, Scheme]]:
        """Each distinct module of the stack, with the layers that have it."""
        counts = self._case.kinds.before[:, -1]
        for kind, count in zip(self._case.kinds.kinds, counts.tolist(), strict=True):
            for module, scheme in kind.modules:
                yield float(count), module, scheme

    def matrix(self, module: Linear, scheme: Scheme, count: float) -> Matrix:
        """A linear layer's share."""
        shard = linear_shard(module, self._ranks)
        outputs, inputs = self._rows(shard.rows), self._rows(shard.inputs)
        weight_bytes = self._bytes(module, scheme)
        width = float(np.median(weight_bytes / np.maximum(outputs * inputs, 1)))
        flops, quantized = self._arithmetic(width)
        # a scale a block is found in a pass of its own
        passes = 2 if hasattr(scheme, "block") else 1
        return Matrix(
            count=count,
            elements=outputs * inputs,
            weight_bytes=weight_bytes,
            inputs=inputs,
            outputs=outputs,
            flops=flops,
            quantize_s=self._known["quantize_s"] * passes if quantized else 0.0,
        )

    def head(self, module: Embedding, scheme: Scheme) -> Matrix:
        """The output head's share."""
        rows = self._rows(module.rows_on(self._ranks.tp))
        hidden = np.full_like(rows, module.hidden)
        flops, _ = self._arithmetic(2.0)
        return Matrix(
            count=1.0,
            elements=rows * hidden,
            weight_bytes=self._bytes(module, scheme),
            inputs=hidden,
            outputs=2 * rows,
            flops=flops,
            quantize_s=0.0,
        )

    def experts(self, module: Experts, scheme: Scheme, count: float) -> ExpertLayer:
        """The routed experts' share."""
        shard = expert_shard(module, self._ranks)
        held = self._rows(shard.experts)
        matrices = 3 if module.gated else 2
        elements = matrices * module.hidden * self._rows(shard.intermediate)
        each = self._bytes(module, scheme) / np.maximum(held, 1)
        name, flops = self._expert_kernel(float(np.median(each / np.maximum(elements, 1))))
        known = self._known
        board = self._case.group.accelerator
        return ExpertLayer(
            count=count,
            experts=float(module.count),
            chosen=float(max(self._case.architecture.experts_per_token, 1)),
            held=held,
            elements=elements,
            expert_bytes=each,
            launch_s=known[f"experts_{name}_launch_s"],
            stream_bytes_per_s=(board.hbm_bytes_per_s or np.nan) * known[f"experts_{name}_stream"],
            flops=flops * known[f"experts_{name}_gemm"],
            padding=known[f"experts_{name}_padding"],
        )

    def _arithmetic(self, width: float) -> tuple[float, bool]:
        """Rate of a matrix of so many bytes a weight, and whether activations are quantized."""
        board, known = self._case.group.accelerator, self._known
        capability = self._case.settings.capability
        sixteen = board.bf16_dense_flops or board.fp16_dense_flops or np.nan
        if width >= _SIXTEEN:
            return sixteen * known["gemm_bf16"], False
        if width >= _EIGHT and capability >= _FP8 and board.fp8_dense_flops:
            return board.fp8_dense_flops * known["gemm_fp8"], True
        if width < _EIGHT and self._native_fp4() and board.fp4_dense_flops:
            return board.fp4_dense_flops * known["gemm_fp4"], True
        return sixteen * known["gemm_bf16"], False

    def _native_fp4(self) -> bool:
        return (
            self._case.settings.capability >= _FP4
            and self._case.quantization.method not in _UNPACKED
        )

    def _expert_kernel(self, width: float) -> tuple[str, float]:
        """The kernel of a format by the name of its constants, and the rate these are shares of."""
        board = self._case.group.accelerator
        sixteen = board.bf16_dense_flops or board.fp16_dense_flops or np.nan
        if width >= _SIXTEEN:
            return "bf16", sixteen
        if width >= _EIGHT:
            native = self._case.settings.capability >= _FP8 and board.fp8_dense_flops
            return ("fp8", float(board.fp8_dense_flops or 0)) if native else ("int4", sixteen)
        if self._case.quantization.method == "mxfp4":
            return "mxfp4", sixteen
        if self._native_fp4() and board.fp4_dense_flops:
            return "fp4", board.fp4_dense_flops
        return "int4", sixteen

    def _bytes(self, module: Module, scheme: Scheme) -> Floats:
        total: IntLike = 0
        for tensor in module_tensors(module, scheme, self._ranks):
            if not tensor.buffer:
                total = total + tensor.tensor_bytes * tensor.count
        return self._rows(total)

    def _rows(self, figure: IntLike) -> Floats:
        """A figure of distinct ranks, or one that all share, for every row."""
        values = np.asarray(figure, dtype=np.float64)
        values = values[self._row_of] if values.ndim else np.full(len(self._row_of), values)
        return values[:, np.newaxis]
