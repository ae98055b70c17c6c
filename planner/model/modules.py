"""What a layer is made of: parameters with their shapes, and how vLLM splits them.

A module is described for the whole model; ``memory/weights.py`` asks for its share of one
rank. ``tp``, ``moe_tp`` and ``ep_size`` are numbers or columns of the layout table.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.frozen import frozen
from planner.model.parts import Part, Split
from planner.units import IntLike, ceil_div, round_up

__all__ = [
    "Buffer",
    "Embedding",
    "Experts",
    "Linear",
    "Module",
    "Part",
    "Split",
    "Weight",
]

VOCAB_PADDING = 64
"""vllm.model_executor.layers.vocab_parallel_embedding.DEFAULT_VOCAB_PADDING_SIZE (0.33.0)"""


@frozen
class Linear:
    """A linear layer, several merged matrices of the same input at times.

    Attributes:
        name: its name within the layer, as vLLM has it (``self_attn.qkv_proj``).
        inputs: input features.
        parts: the merged matrices.
        split: how it is divided.
        bias: a bias of all output features; a row split replicates it.
        matrices: the matrices' names in the checkpoint, where they differ from ``name``.
        quantized: False where vLLM builds it without a quantization method.
        input_units: what a row split must divide (heads); ``inputs`` when None.
        dtype: torch's name where it is not the model's.
        whole_in_sequence_parallel: each rank holds the whole where the experts run
            sequence-parallel: expert parallelism over both tensor and data parallelism.
        one_stage_only: that holds without pipeline stages only.
        float32_without_kernel: float32 on GPUs that have no kernel for routers in 16 bits.
        undivided_with: formats of the checkpoint under which each rank holds the whole.
        divided_by: units that ranks must divide, else each holds the whole.
        row_multiple: a rank's rows are padded to a multiple of this.
        padded: units that ranks do not divide evenly are padded, on the last ranks.
    """

    name: str
    inputs: int
    parts: tuple[Part, ...]
    split: Split = Split.COLUMN
    bias: bool = False
    matrices: tuple[str, ...] = ()
    quantized: bool = True
    input_units: int | None = None
    dtype: str | None = None
    whole_in_sequence_parallel: bool = False
    one_stage_only: bool = False
    float32_without_kernel: bool = False
    undivided_with: tuple[str, ...] = ()
    divided_by: int | None = None
    row_multiple: int = 1
    padded: bool = False

    def whole(self) -> Linear:
        """The same, undivided."""
        return replace(self, split=Split.REPLICATED, divided_by=None)

    def outputs_on(self, tp: IntLike) -> tuple[IntLike, ...]:
        """Output features of each merged matrix on one rank, and of the padding."""
        divided = self.split is Split.COLUMN
        rows = tuple(
            part.on_rank(tp, padded=self.padded) if divided else part.rows for part in self.parts
        )
        return rows if self.row_multiple == 1 else (*rows, -sum(rows) % self.row_multiple)

    def inputs_on(self, tp: IntLike) -> IntLike:
        """Input features on one rank."""
        if self.split is not Split.ROW:
            return self.inputs
        units = self.input_units or self.inputs
        share = ceil_div(units, tp) if self.padded else units // tp
        return share * (self.inputs // units)

    def divides(self, tp: IntLike) -> IntLike:
        """Whether ``tp`` divides it."""
        if self.split is Split.REPLICATED or self.divided_by or self.padded:
            return np.ones_like(tp)
        if self.split is Split.ROW:
            return (self.input_units or self.inputs) % tp == 0
        fits = self.parts[0].divides(tp)
        for part in self.parts[1:]:
            fits = fits & part.divides(tp)
        return fits

    @property
    def checkpoint_names(self) -> tuple[str, ...]:
        """Names that a checkpoint's ignore list may use."""
        return self.matrices or (self.name,)


@frozen
class Experts:
    """The routed experts of a layer.

    Without expert parallelism each rank holds a slice of every expert (intermediate over
    TP x DP); with it a rank holds whole experts, the first ranks one more when they do not
    divide. The figures are those of the rank with most. ``min_slice`` is the least intermediate
    size that a rank of a tensor-parallel group pads its slice to.

    Source: vllm.model_executor.layers.fused_moe.layer (0.33.0)
    """

    name: str
    count: int
    hidden: int
    intermediate: int
    gated: bool = True
    bias: bool = False
    matrices: tuple[str, ...] = ()
    quantized: bool = True
    min_slice: int = 0

    def count_on(self, ep_size: IntLike) -> IntLike:
        """Experts on the fullest rank."""
        return ceil_div(self.count, ep_size)

    def intermediate_on(self, moe_tp: IntLike, tp: IntLike | None = None) -> IntLike:
        """Intermediate features of one expert on one rank; ``tp`` where it is not ``moe_tp``."""
        if not self.min_slice:
            return self.intermediate // moe_tp
        ways = np.minimum(moe_tp if tp is None else tp, moe_tp)
        padded = np.maximum(self.intermediate // ways, self.min_slice)
        return np.where(ways > 1, padded, self.intermediate) // (moe_tp // ways)

    @property
    def checkpoint_names(self) -> tuple[str, ...]:
        """Names that a checkpoint's ignore list may use."""
        return self.matrices or (self.name,)


@frozen
class Embedding:
    """A table of the vocabulary, or the output head, split by rows of padded vocabulary.

    ``divided`` False: each rank holds the whole of it.
    """

    name: str
    vocab_size: int
    hidden: int
    bias: bool = False
    padding: int = VOCAB_PADDING
    divided: bool = True

    @property
    def padded_vocab(self) -> int:
        """Rows after padding."""
        return round_up(self.vocab_size, self.padding)

    def rows_on(self, tp: IntLike) -> IntLike:
        """Rows on one rank."""
        return self.padded_vocab // tp if self.divided else self.padded_vocab

    def divides(self, tp: IntLike) -> IntLike:
        """Whether ``tp`` divides it."""
        return self.padded_vocab % tp == 0 if self.divided else np.ones_like(tp)


@frozen
class Weight:
    """A plain parameter: a norm, a sink, a position table, a convolution."""

    name: str
    shape: tuple[int, ...]
    split_axis: int | None = None
    """the axis tensor parallelism divides; None: every rank holds the whole"""
    units: int | None = None
    """parts that cannot be divided further, which ranks beyond them share (KV heads)"""
    dtype: str | None = None
    """torch's name where it is not the model's"""
    on_host: bool = False
    """it lies in the host's memory, where GPUs look it up"""

    def whole(self) -> Weight:
        """The same, undivided."""
        return replace(self, split_axis=None)

    def elements_on(self, tp: IntLike) -> IntLike:
        """Elements on one rank."""
        ways = tp if self.units is None else np.minimum(tp, self.units)
        elements: IntLike = 1
        for axis, size in enumerate(self.shape):
            elements = elements * (size // ways if axis == self.split_axis else size)
        return elements

    def divides(self, tp: IntLike) -> IntLike:
        """Whether ``tp`` divides it."""
        if self.split_axis is None:
            return np.ones_like(tp)
        if self.units is None:
            return self.shape[self.split_axis] % tp == 0
        return (self.units % tp == 0) | (tp % self.units == 0)


@frozen
class Buffer:
    """A tensor that is no parameter, such as a rotary table.

    Equal buffers of a rank's layers are one tensor (vLLM caches rotary embeddings) unless
    ``shared`` is False. ``parts`` are rows that ranks divide, of ``elements`` each. A kernel's
    buffer exists on GPUs of ``capabilities`` (by generation) and with ``tp_sizes`` only.
    The elements may be those of several equal ``tensors``.
    """

    name: str
    elements: int
    dtype: str | None = None
    shared: bool = True
    parts: tuple[Part, ...] = ()
    capabilities: tuple[int, ...] = ()
    tp_sizes: tuple[int, ...] = ()
    tensors: int = 1

    def elements_on(self, tp: IntLike, capability: int) -> IntLike:
        """Elements on one rank."""
        if self.capabilities and capability // 10 not in self.capabilities:
            return 0
        here = np.isin(tp, self.tp_sizes) if self.tp_sizes else 1
        rows = sum(part.on_rank(tp) for part in self.parts) if self.parts else 1
        return self.elements * rows * here


Module = Linear | Experts | Embedding | Weight | Buffer
