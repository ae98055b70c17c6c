"""MobileNet V5, Gemma 3n's encoder of images: timm's own modules, whole on each rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.blocks import norm, norms
from planner.model.modules import Weight
from planner.model.towers.parts import convolution

if TYPE_CHECKING:
    from planner.model.modules import Module

ARCHITECTURE = "mobilenetv5_300m_enc"
_STEM = 64
_RESIDUAL = 128
_SMALL = (256, (5, 3, 5, 3))
"""channels of the first stage of inverted bottlenecks, and the kernels of all but its first"""
_MIDDLE, _MIDDLE_KERNELS, _MIDDLE_ATTENTIONS = 640, (5,) * 7, 14
_LAST, _LAST_ATTENTIONS = 1280, 19
_OUTPUT = 2048


def mobilenet_v5(prefix: str) -> tuple[Module, ...]:
    """All weights of the one size there is.

    Source: timm.models.mobilenetv5.mobilenetv5_300m_enc (1.0)
    """
    stem = f"{prefix}.conv_stem"
    modules = (*convolution(f"{stem}.conv", _STEM, 3, 3, 3), norm(f"{stem}.bn", _STEM))
    stage = f"{prefix}.blocks.0"
    for index, inputs in enumerate((_STEM, _RESIDUAL, _RESIDUAL)):
        modules += _edge_residual(f"{stage}.{index}", inputs, _RESIDUAL)
    small, kernels = _SMALL
    stage = f"{prefix}.blocks.1"
    modules += _bottleneck(f"{stage}.0", _RESIDUAL, small, 6, start=3, middle=5)
    for index, kernel in enumerate(kernels, 1):
        modules += _bottleneck(f"{stage}.{index}", small, small, 4, start=kernel)
    stage = f"{prefix}.blocks.2"
    modules += _bottleneck(f"{stage}.0", small, _MIDDLE, 6, start=5, middle=5)
    for index, kernel in enumerate(_MIDDLE_KERNELS, 1):
        modules += _bottleneck(f"{stage}.{index}", _MIDDLE, _MIDDLE, 4, start=kernel)
    modules += _bottleneck(f"{stage}.{len(_MIDDLE_KERNELS) + 1}", _MIDDLE, _MIDDLE, 1)
    for _ in range(_MIDDLE_ATTENTIONS):
        modules += _attention(stage, _MIDDLE, heads=12, size=64, strided=True)
        modules += _bottleneck(stage, _MIDDLE, _MIDDLE, 2)
    stage = f"{prefix}.blocks.3"
    modules += _bottleneck(f"{stage}.0", _MIDDLE, _LAST, 6, start=5, middle=5)
    for _ in range(_LAST_ATTENTIONS):
        modules += _attention(stage, _LAST, heads=16, size=96, strided=False)
        modules += _bottleneck(stage, _LAST, _LAST, 2)
    fused = _pointwise(f"{prefix}.msfa.ffn", _MIDDLE + _LAST, 2 * (_MIDDLE + _LAST), _OUTPUT)
    return (*modules, *fused, norm(f"{prefix}.msfa.norm", _OUTPUT))


def _edge_residual(name: str, inputs: int, outputs: int) -> tuple[Module, ...]:
    inner = 4 * inputs
    return (
        *convolution(f"{name}.conv_exp", inner, inputs, 3, 3, bias=False),
        *convolution(f"{name}.conv_pwl", outputs, inner, 1, 1, bias=False),
        norm(f"{name}.bn1", inner),
        norm(f"{name}.bn2", outputs),
    )


def _pointwise(name: str, inputs: int, inner: int, outputs: int) -> tuple[Module, ...]:
    return (
        *convolution(f"{name}.pw_exp.conv", inner, inputs, 1, 1, bias=False),
        norm(f"{name}.pw_exp.bn", inner),
        *convolution(f"{name}.pw_proj.conv", outputs, inner, 1, 1, bias=False),
        norm(f"{name}.pw_proj.bn", outputs),
    )


def _depthwise(name: str, channels: int, kernel: int) -> tuple[Module, ...]:
    if not kernel:
        return ()
    weight = convolution(f"{name}.conv", channels, 1, kernel, kernel, bias=False)
    return (*weight, norm(f"{name}.bn", channels))


def _bottleneck(
    name: str, inputs: int, outputs: int, ratio: int, *, start: int = 0, middle: int = 0
) -> tuple[Module, ...]:
    """An inverted bottleneck; ``start`` and ``middle`` are kernels of its depthwise layers."""
    return (
        *_depthwise(f"{name}.dw_start", inputs, start),
        *_depthwise(f"{name}.dw_mid", inputs * ratio, middle),
        *_pointwise(name, inputs, inputs * ratio, outputs),
        Weight(name=f"{name}.layer_scale", shape=(outputs,)),
    )


def _attention(
    name: str, channels: int, *, heads: int, size: int, strided: bool
) -> tuple[Module, ...]:
    """Multi-query attention; ``strided``: keys and values are of fewer places."""
    attention = f"{name}.attn"
    fewer: tuple[Module, ...] = ()
    for part in ("key", "value") if strided else ():
        down = f"{attention}.{part}.down_conv"
        fewer += (*convolution(down, channels, 1, 3, 3, bias=False), norm(f"{down}.norm", channels))
    return (
        *norms(channels, f"{name}.norm", f"{name}.layer_scale"),
        *convolution(f"{attention}.query.proj", heads * size, channels, 1, 1, bias=False),
        *convolution(f"{attention}.key.proj", size, channels, 1, 1, bias=False),
        *convolution(f"{attention}.value.proj", size, channels, 1, 1, bias=False),
        *convolution(f"{attention}.output.proj", channels, heads * size, 1, 1, bias=False),
        *fewer,
    )
