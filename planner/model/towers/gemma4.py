"""Gemma 4's encoders of images and of sound: transformers' own modules, whole on each rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.model.architecture import Block
from planner.model.blocks import norm, norms, replicated
from planner.model.modules import Buffer, Weight
from planner.model.towers.parts import convolution

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

VISION_DEFAULTS: dict[str, Any] = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 16,
    "num_attention_heads": 12,
    "head_dim": 64,
    "patch_size": 16,
    "position_embedding_size": 10240,
}
"""transformers.Gemma4VisionConfig (5.19)"""
AUDIO_DEFAULTS: dict[str, Any] = {
    "hidden_size": 1024,
    "num_hidden_layers": 12,
    "num_attention_heads": 8,
    "subsampling_conv_channels": [128, 32],
    "conv_kernel_size": 5,
    "use_clipped_linears": True,
    "output_proj_dims": 1536,
}
"""transformers.Gemma4AudioConfig (5.19)"""
_ANY_SIZE = ("torchao", "compressed-tensors")
_MULTIPLE = 64
_AUDIO_BANDS = 128
_NORMS = (
    "input_layernorm",
    "post_attention_layernorm",
    "pre_feedforward_layernorm",
    "post_feedforward_layernorm",
)


@frozen(kw_only=False)
class _Linears:
    """Linear layers that may clip what goes in and out, by four bounds each."""

    quantized: bool
    clipped: bool = False

    def __call__(self, name: str, inputs: int, outputs: int) -> tuple[Module, ...]:
        linear = replicated(name, inputs, outputs, quantized=self.quantized)
        bounds = Buffer(name=f"{name}.bounds", elements=4, shared=False)
        return (linear, bounds) if self.clipped else (linear,)


def is_quantized(keys: Keys, method: str) -> bool:
    """Whether the checkpoint's format reaches an encoder: by method, or by its sizes.

    Source: vllm.model_executor.models.gemma4_mm._get_tower_quant_config (0.33.0)
    """
    sizes = (keys.int("hidden_size"), keys.int("intermediate_size", default=_MULTIPLE))
    return method in _ANY_SIZE or not any(size % _MULTIPLE for size in sizes)


def vision_tower(keys: Keys, text_hidden: int, method: str) -> tuple[Block, ...]:
    """The encoder of images, and the projection to the text model's width.

    Source: vllm.model_executor.models.gemma4_mm (0.33.0),
    transformers.models.gemma4.modeling_gemma4.Gemma4VisionModel (5.19)
    """
    keys = keys.with_defaults(VISION_DEFAULTS)
    hidden, head_dim = keys.int("hidden_size"), keys.int("head_dim")
    inner, size = keys.int("num_attention_heads") * head_dim, keys.int("intermediate_size")
    quantized = is_quantized(keys, method)
    plain = _Linears(quantized)
    linear = _Linears(quantized, keys.flag("use_clipped_linears"))
    prefix, positions = "vision_tower", keys.int("position_embedding_size")
    layer = f"{prefix}.encoder.layers.0"
    frequencies = (
        Buffer(name=f"{prefix}.{name}", elements=head_dim // 4, dtype="float32", shared=False)
        for name in ("inv_freq", "original_inv_freq")
    )
    standard = Buffer(name=f"{prefix}.std", elements=2 * hidden)
    once = (
        Weight(name=f"{prefix}.position_embedding_table", shape=(2, positions, hidden)),
        *plain(f"{prefix}.patch_embedder.input_proj", 3 * keys.int("patch_size") ** 2, hidden),
        *frequencies,
        *((standard,) if keys.flag("standardize") else ()),
        *plain("embed_vision.embedding_projection", hidden, text_hidden),
    )
    each = (
        *(m for name in "qkv" for m in linear(f"{layer}.self_attn.{name}_proj", hidden, inner)),
        *linear(f"{layer}.self_attn.o_proj", inner, hidden),
        *norms(head_dim, f"{layer}.self_attn.q_norm", f"{layer}.self_attn.k_norm"),
        *linear(f"{layer}.mlp.gate_proj", hidden, size),
        *linear(f"{layer}.mlp.up_proj", hidden, size),
        *linear(f"{layer}.mlp.down_proj", size, hidden),
        *norms(hidden, *(f"{layer}.{name}" for name in _NORMS)),
    )
    return Block(modules=once), Block(modules=each, count=keys.int("num_hidden_layers"))


def audio_tower(keys: Keys, text_hidden: int, method: str) -> tuple[Block, ...]:
    """The encoder of sound, a conformer, and the projection to the text model's width.

    Source: vllm.model_executor.models.gemma4_mm (0.33.0),
    transformers.models.gemma4.modeling_gemma4.Gemma4AudioModel (5.19)
    """
    keys = keys.with_defaults(AUDIO_DEFAULTS)
    hidden, outputs = keys.int("hidden_size"), keys.int("output_proj_dims")
    plain = _Linears(is_quantized(keys, method))
    channels = [int(count) for count in keys.list("subsampling_conv_channels")]
    prefix = "audio_tower"
    subsample = f"{prefix}.subsample_conv_projection"
    bands = _AUDIO_BANDS // 2 ** len(channels)
    once: tuple[Module, ...] = (
        *plain(f"{subsample}.input_proj_linear", channels[-1] * bands, hidden),
        *plain(f"{prefix}.output_proj", hidden, outputs),
        Weight(name=f"{prefix}.output_proj.bias", shape=(outputs,)),
        Buffer(name=f"{prefix}.rel_pos_enc.inv_timescales", elements=hidden // 2),
        *plain("embed_audio.embedding_projection", outputs, text_hidden),
    )
    for index, (before, after) in enumerate(zip([1, *channels], channels, strict=False)):
        name = f"{subsample}.layer{index}"
        once += convolution(f"{name}.conv", after, before, 3, 3, bias=False)
        once += (norm(f"{name}.norm", after),)
    each = _conformer(keys, f"{prefix}.layers.0", plain)
    return Block(modules=once), Block(modules=each, count=keys.int("num_hidden_layers"))


def _conformer(keys: Keys, prefix: str, plain: _Linears) -> tuple[Module, ...]:
    """Feed-forward, attention, convolution, feed-forward."""
    hidden = keys.int("hidden_size")
    linear = _Linears(plain.quantized, keys.flag("use_clipped_linears"))
    attention, conv = f"{prefix}.self_attn", f"{prefix}.lconv1d"
    modules: tuple[Module, ...] = (
        Weight(
            name=f"{attention}.per_dim_scale", shape=(hidden // keys.int("num_attention_heads"),)
        ),
        *plain(f"{attention}.relative_k_proj", hidden, hidden),
        Buffer(name=f"{attention}.softcap", elements=1, shared=False),
        *linear(f"{conv}.linear_start", hidden, 2 * hidden),
        *linear(f"{conv}.linear_end", hidden, hidden),
        *convolution(
            f"{conv}.depthwise_conv1d", hidden, 1, keys.int("conv_kernel_size"), bias=False
        ),
        *norms(hidden, f"{conv}.pre_layer_norm", f"{conv}.conv_norm"),
        *norms(hidden, *(f"{prefix}.norm_{name}" for name in ("pre_attn", "post_attn", "out"))),
    )
    for name in ("q_proj", "k_proj", "v_proj", "post"):
        modules += linear(f"{attention}.{name}", hidden, hidden)
    for name in ("feed_forward1", "feed_forward2"):
        modules += linear(f"{prefix}.{name}.ffw_layer_1", hidden, 4 * hidden)
        modules += linear(f"{prefix}.{name}.ffw_layer_2", 4 * hidden, hidden)
        modules += norms(
            hidden, f"{prefix}.{name}.pre_layer_norm", f"{prefix}.{name}.post_layer_norm"
        )
    return modules
