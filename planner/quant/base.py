"""What a number format stores for one linear layer or one stack of experts.

A format is a module of this folder, found by its file name. It offers::

    METHODS: tuple[str, ...]            # vLLM's names of the method
    def read(config: Mapping[str, Any], model: Mapping[str, Any]) -> Quantization

``config`` is a checkpoint's ``quantization_config`` (or what an online method such as
``--quantization fp8_per_tensor`` stands for), ``model`` the whole config.json. The schemes a
format gives its layers are in ``schemes/``: many formats share them. Sizes are of one rank, as
vLLM constructs them before the weights are loaded; every formula takes numbers or numpy columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from planner.frozen import frozen

if TYPE_CHECKING:
    from planner.units import Bools, IntLike


@frozen
class Stored:
    """``count`` equal tensors of ``tensor_bytes`` each."""

    tensor_bytes: IntLike
    count: IntLike = 1


@frozen
class LinearShard:
    """One linear layer on one rank: ``sum(outputs)`` rows of ``inputs`` columns.

    ``outputs`` holds each merged matrix (gate and up; query, key and value) by itself.
    ``full_inputs`` and ``full_outputs`` are the sizes before the split.
    """

    outputs: tuple[IntLike, ...]
    inputs: IntLike
    full_inputs: int
    full_outputs: tuple[int, ...]
    dtype_bytes: int
    capability: int
    """compute capability as vLLM counts it: 75, 80, 90, 100"""

    @property
    def rows(self) -> IntLike:
        """Output features of all merged matrices."""
        return sum(self.outputs)

    @property
    def split_inputs(self) -> Bools | bool:
        """Whether tensor parallelism divides the input features."""
        return self.inputs != self.full_inputs

    @property
    def split_outputs(self) -> Bools | bool:
        """Whether tensor parallelism divides the output features."""
        return self.rows != sum(self.full_outputs)


@frozen
class ExpertShard:
    """The routed experts of one layer on one rank.

    ``experts`` whole or sliced experts, each ``intermediate`` wide here; a gated expert has
    two input matrices (gate and up), an ungated one has one.
    """

    experts: IntLike
    hidden: int
    intermediate: IntLike
    full_intermediate: int
    gated: bool
    bias: bool
    expert_parallel: Bools | bool
    dtype_bytes: int
    capability: int
    wna16_block: int = 1
    """input features that moe_wna16's 4-bit kernel takes at a time; 1 where it adapts"""

    @property
    def up_matrices(self) -> int:
        """Matrices merged into one expert's input matrix: gate and up, or up."""
        return 2 if self.gated else 1

    @property
    def up_rows(self) -> IntLike:
        """Rows of one expert's merged input matrix."""
        return self.intermediate * self.up_matrices

    @property
    def matrices(self) -> tuple[tuple[IntLike, IntLike], tuple[IntLike, IntLike]]:
        """Rows and columns of one expert's input and output matrix."""
        return (self.up_rows, self.hidden), (self.hidden, self.intermediate)

    @property
    def split(self) -> Bools | bool:
        """Whether tensor parallelism slices each expert."""
        return self.intermediate != self.full_intermediate


@frozen
class Misfit:
    """Where a shard breaks a format's grid.

    ``broken`` marks the rows of the table; ``size`` is the offending dimension, which is no
    multiple of ``step``; ``what`` names both for a message; ``error`` is what to search for in
    vLLM's log.
    """

    broken: Bools | bool
    size: IntLike
    step: int
    what: str
    source: str
    error: str = ""


class Scheme(Protocol):
    """How the weights of one layer are stored."""

    @property
    def name(self) -> str:
        """A short name for people: ``fp8 block 128x128``."""
        ...

    @property
    def weight_bits(self) -> float:
        """Bits of one weight, without scales."""
        ...

    @property
    def kernel(self) -> str:
        """The family of kernels that multiply by it, as ``hardware_db/kernels`` names them."""
        ...

    def linear(self, shard: LinearShard) -> tuple[Stored, ...]:
        """The tensors of a linear layer, without its bias."""
        ...

    def experts(self, shard: ExpertShard) -> tuple[Stored, ...]:
        """The tensors of a layer's routed experts, biases included."""
        ...

    def attention(self, dtype_bytes: int) -> tuple[Stored, ...]:
        """The scales that an attention layer loads for its KV cache."""
        ...

    def linear_misfits(self, shard: LinearShard) -> tuple[Misfit, ...]:
        """The splits of a linear layer that vLLM refuses to build."""
        ...

    def expert_misfits(self, shard: ExpertShard) -> tuple[Misfit, ...]:
        """The splits of the experts that vLLM refuses to build."""
        ...


class Quantization(Protocol):
    """A checkpoint's number format, or the one asked for on the command line.

    ``names`` are a layer's names in the checkpoint, one a matrix; ``module`` is the name vLLM
    gives the layer that merges them.
    """

    @property
    def method(self) -> str:
        """The method by vLLM's name: ``fp8``, ``auto_awq``, ``compressed-tensors``."""
        ...

    @property
    def min_capability(self) -> int:
        """The least compute capability vLLM accepts, 80 for 8.0."""
        ...

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Dtypes of activations that vLLM accepts, by torch's names."""
        ...

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why vLLM refuses the checkpoint on any GPU and in any layout; empty when it does not."""
        ...

    @property
    def kv_cache_dtype(self) -> str:
        """What ``--kv-cache-dtype auto`` stands for: ``auto``, or what the checkpoint names."""
        ...

    def linear_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The format of a linear layer."""
        ...

    def expert_scheme(self, names: tuple[str, ...], module: str = "") -> Scheme:
        """The format of a layer's routed experts."""
        ...

    def head_scheme(self, name: str) -> Scheme:
        """The format of the output head."""
        ...

    def attention_scheme(self, *, mla: bool) -> Scheme:
        """The format of an attention layer's scales, apart for multi-head latent attention."""
        ...
