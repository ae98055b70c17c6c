"""Linear layers and tables of encoders, under their full names."""

from __future__ import annotations

from dataclasses import replace

from planner.model.modules import Linear, Module, Part, Split, Weight


def column(
    name: str,
    inputs: int,
    *outputs: int,
    bias: bool = True,
    quantized: bool = True,
    matrices: tuple[str, ...] = (),
) -> Linear:
    """A layer divided by its outputs, several merged ones at times."""
    parts = tuple(Part(size) for size in outputs)
    return Linear(
        name=name, inputs=inputs, parts=parts, bias=bias, quantized=quantized, matrices=matrices
    )


def row(
    name: str,
    inputs: int,
    outputs: int,
    *,
    bias: bool = True,
    quantized: bool = True,
    units: int | None = None,
) -> Linear:
    """A layer divided by its inputs, in whole ``units`` (heads)."""
    return Linear(
        name=name,
        inputs=inputs,
        parts=(Part(outputs),),
        split=Split.ROW,
        bias=bias,
        quantized=quantized,
        input_units=units,
    )


def plain_linear(
    name: str, inputs: int, outputs: int, *, bias: bool = True, dtype: str | None = None
) -> Module:
    """A plain torch linear layer, whole on each rank and never quantized: weight and bias."""
    return Weight(name=name, shape=(outputs, inputs + bias), dtype=dtype)


def convolution(
    name: str, outputs: int, inputs: int, *kernel: int, bias: bool = True
) -> tuple[Module, ...]:
    """A convolution, whole on each rank."""
    weight = Weight(name=f"{name}.weight", shape=(outputs, inputs, *kernel))
    return (weight, Weight(name=f"{name}.bias", shape=(outputs,))) if bias else (weight,)


def unquantized(modules: tuple[Module, ...]) -> tuple[Module, ...]:
    """The same where vLLM builds them without the checkpoint's number format."""
    return tuple(replace(m, quantized=False) if isinstance(m, Linear) else m for m in modules)
