"""The mixers of recurrent layers: state spaces, delta nets and short convolutions.

Each is a dataclass of sizes with ``modules()``, what it holds, and ``cache()``, its state.
Names are vLLM's; ``prefix`` is the mixer's name within its layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.frozen import frozen
from planner.model.blocks import norm
from planner.model.modules import Buffer, Linear, Part, Split, Weight
from planner.model.state_cache import (
    Mamba1State,
    Mamba2State,
    ShortConvState,
)

if TYPE_CHECKING:
    from planner.model.modules import Module


def convolution(
    prefix: str,
    kernel: int,
    parts: tuple[Part, ...],
    *,
    bias: bool = False,
    dtype: str | None = None,
) -> Linear:
    """A causal convolution over each channel: the kernel's taps are its inputs."""
    return Linear(
        name=f"{prefix}.conv1d",
        inputs=kernel,
        parts=parts,
        bias=bias,
        quantized=False,
        dtype=dtype,
    )


def _out(
    prefix: str, inputs: int, hidden: int, *, units: int, bias: bool, quantized: bool
) -> Linear:
    return Linear(
        name=f"{prefix}.out_proj",
        inputs=inputs,
        parts=(Part(hidden),),
        split=Split.ROW,
        input_units=units,
        bias=bias,
        quantized=quantized,
    )


@frozen
class Mamba1:
    """Mamba 1: never quantized; ``normed`` where time step, B and C have norms with weights.

    Source: vllm.model_executor.layers.mamba.mamba_mixer.MambaMixer (0.33.0)
    """

    hidden: int
    intermediate: int
    state_size: int
    conv_kernel: int
    time_step_rank: int
    conv_bias: bool
    bias: bool = False
    normed: bool = False
    prefix: str = "mamba"

    def modules(self) -> tuple[Module, ...]:
        """Channels are divided; what depends on the input is summed over ranks."""
        channels = Part(self.intermediate)
        rank, state = self.time_step_rank, self.state_size
        norms = (("dt", rank), ("b", state), ("c", state)) if self.normed else ()
        return (
            convolution(self.prefix, self.conv_kernel, (channels,), bias=self.conv_bias),
            self._column("in_proj", self.hidden, (channels, channels), bias=self.bias),
            Linear(
                name=f"{self.prefix}.x_proj",
                inputs=self.intermediate,
                parts=(Part(rank + 2 * state),),
                split=Split.ROW,
                quantized=False,
            ),
            self._column("dt_proj", rank, (channels,), bias=True),
            Weight(
                name=f"{self.prefix}.A",
                shape=(self.intermediate, state),
                split_axis=0,
                dtype="float32",
            ),
            Weight(name=f"{self.prefix}.D", shape=(self.intermediate,), split_axis=0),
            _out(
                self.prefix,
                self.intermediate,
                self.hidden,
                units=self.intermediate,
                bias=self.bias,
                quantized=False,
            ),
            *(norm(f"{self.prefix}.{name}_layernorm", size) for name, size in norms),
        )

    def _column(self, name: str, inputs: int, parts: tuple[Part, ...], *, bias: bool) -> Linear:
        return Linear(
            name=f"{self.prefix}.{name}", inputs=inputs, parts=parts, bias=bias, quantized=False
        )

    def cache(self) -> Mamba1State:
        """Its state."""
        return Mamba1State(
            intermediate_size=self.intermediate,
            state_size=self.state_size,
            conv_kernel=self.conv_kernel,
        )


@frozen
class Mamba2:
    """Mamba 2: heads are divided, a single group is copied to every rank.

    ``state_dtype`` is the format of the state that the configuration asks for.
    Source: vllm.model_executor.layers.mamba.mamba_mixer2.MambaMixer2 (0.33.0)
    """

    hidden: int
    intermediate: int
    n_groups: int
    num_heads: int
    head_dim: int
    state_size: int
    conv_kernel: int
    conv_bias: bool
    bias: bool = False
    normed: bool = True
    state_dtype: str | None = None
    prefix: str = "mixer"

    @property
    def projected(self) -> tuple[Part, ...]:
        """What the input projection yields: gate, input, B, C and time step."""
        inner, group = self._inner, self._group
        return inner, inner, group, group, Part(self.num_heads)

    @property
    def _inner(self) -> Part:
        return Part(self.num_heads, self.intermediate // self.num_heads)

    @property
    def _group(self) -> Part:
        return Part(self.n_groups, self.state_size, copied=True)

    def modules(self) -> tuple[Module, ...]:
        """What a rank holds; a view of the convolution's weight is registered as a buffer too."""
        prefix, convolved = self.prefix, (self._inner, self._group, self._group)
        per_head = ("A", "float32"), ("D", None), ("dt_bias", None)
        heads = (
            Weight(name=f"{prefix}.{name}", shape=(self.num_heads,), split_axis=0, dtype=dtype)
            for name, dtype in per_head
        )
        gated_norm = Weight(name=f"{prefix}.norm", shape=(self.intermediate,), split_axis=0)
        return (
            convolution(prefix, self.conv_kernel, convolved, bias=self.conv_bias),
            Buffer(
                name=f"{prefix}.conv_weights",
                elements=self.conv_kernel,
                parts=convolved,
                shared=False,
            ),
            Linear(
                name=f"{prefix}.in_proj",
                inputs=self.hidden,
                parts=self.projected,
                bias=self.bias,
            ),
            *heads,
            _out(
                prefix,
                self.intermediate,
                self.hidden,
                units=self.num_heads,
                bias=self.bias,
                quantized=True,
            ),
            *((gated_norm,) if self.normed else ()),
        )

    def cache(self) -> Mamba2State:
        """Its state."""
        return Mamba2State(
            intermediate_size=self.intermediate,
            n_groups=self.n_groups,
            num_heads=self.num_heads,
            head_dim=self.head_dim,
            state_size=self.state_size,
            conv_kernel=self.conv_kernel,
            state_dtype=self.state_dtype,
        )


@frozen
class ShortConv:
    """A gated short convolution (LFM2).

    Source: vllm.model_executor.layers.mamba.short_conv.ShortConv (0.33.0)
    """

    hidden: int
    conv_kernel: int
    bias: bool = False
    prefix: str = "short_conv"

    def modules(self) -> tuple[Module, ...]:
        """Two gates and the input come from one projection."""
        channels = Part(self.hidden)
        return (
            convolution(self.prefix, self.conv_kernel, (channels,), bias=self.bias),
            Linear(
                name=f"{self.prefix}.in_proj",
                inputs=self.hidden,
                parts=(channels, channels, channels),
                bias=self.bias,
                matrices=("conv.in_proj",),
            ),
            _out(
                self.prefix,
                self.hidden,
                self.hidden,
                units=self.hidden,
                bias=self.bias,
                quantized=True,
            ),
        )

    def cache(self) -> ShortConvState:
        """The inputs it looks back on."""
        return ShortConvState(channels=self.hidden, conv_kernel=self.conv_kernel)
