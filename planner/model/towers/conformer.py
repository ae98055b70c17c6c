"""The conformer that hears for Phi-4 Multimodal, whole on each rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.architecture import Block
from planner.model.blocks import norm, norms
from planner.model.modules import Buffer, Weight
from planner.model.towers.parts import convolution, plain_linear

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

_KERNEL = 3
_BIAS_DISTANCE = 1000


def conformer(keys: Keys, prefix: str) -> tuple[Block, ...]:
    """Strided convolutions, a bias by distance, and layers of attention and convolution.

    Source: vllm.model_executor.models.phi4mm_audio.ConformerEncoder (0.33.0)
    """
    hidden, mels = keys.int("attention_dim"), keys.int("input_size")
    channels = keys.part("nemo_conv_settings").int("conv_channels", default=256)
    steps = keys.int("time_reduction", default=4)
    further = steps.bit_length() - 2
    distance = keys.part("relative_attention_bias_args").int(
        "t5_bias_max_distance", default=_BIAS_DISTANCE
    )
    strided: tuple[Module, ...] = convolution(f"{prefix}.embed.conv.0", channels, 1, 3, 3)
    for index in range(further):
        strided += convolution(f"{prefix}.embed.conv.{index}.depth", channels, 1, 3, 3)
        strided += convolution(f"{prefix}.embed.conv.{index}.point", channels, channels, 1, 1)
    values = (keys.int("attention_heads"), 2 * distance)
    once = (
        *strided,
        plain_linear(f"{prefix}.embed.out", channels * mels // steps, hidden),
        Weight(name=f"{prefix}.relative_attention_bias_layer.bias_values", shape=values),
        Weight(name=f"{prefix}.encoder_embedding", shape=(2, mels)),
        Buffer(name=f"{prefix}.dev_type", elements=1),
    )
    layer = _layer(keys, f"{prefix}.encoders.0")
    return Block(modules=once), Block(modules=layer, count=keys.int("num_blocks"))


def _layer(keys: Keys, name: str) -> tuple[Module, ...]:
    hidden, inner = keys.int("attention_dim"), keys.int("linear_units")
    outer = keys.int("ext_pw_out_channel")
    separable = keys.int("depthwise_seperable_out_channel", default=hidden)
    conv = f"{name}.conv"
    kernel = keys.int("kernel_size", default=_KERNEL)
    return (
        *(
            plain_linear(f"{name}.self_attn.linear_{part}", hidden, hidden)
            for part in ("q", "k", "v", "out")
        ),
        *_feed_forward(f"{name}.feed_forward_in", hidden, inner),
        *_feed_forward(f"{name}.feed_forward_out", hidden, inner),
        norm(f"{conv}.layer_norm", hidden, bias=True),
        Weight(name=f"{conv}.glu.biases", shape=(2, outer)),
        plain_linear(f"{conv}.glu.ext_pw_conv_1d", hidden, 2 * outer),
        plain_linear(f"{conv}.ext_pw_conv_1d", outer, hidden),
        *convolution(f"{conv}.dw_sep_conv_1d.dw_conv", hidden, 1, kernel),
        plain_linear(f"{conv}.dw_sep_conv_1d.pw_conv", hidden, separable),
        *norms(hidden, f"{name}.layer_norm_att", f"{name}.layer_norm", bias=True),
    )


def _feed_forward(name: str, hidden: int, inner: int) -> tuple[Module, ...]:
    return (
        norm(f"{name}.layer_norm", hidden, bias=True),
        plain_linear(f"{name}.net.0.linear", hidden, 2 * inner),
        plain_linear(f"{name}.net.2", inner, hidden),
    )
