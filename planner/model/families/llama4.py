"""Llama 4: chunks in three layers of four, experts beside a shared one, an image encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import experts, mlp, norm, router
from planner.model.cache import ChunkedLocal
from planner.model.decoder import Decoder
from planner.model.modules import Buffer, Linear, Part, Split, Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture, Layer
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("Llama4ForConditionalGeneration", "Llama4ForCausalLM")
EXAMPLES = {
    "meta-llama/Llama-4-Scout-17B-16E-Instruct": 108_641_793_536,
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct": 401_583_781_376,
}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 202048,
    "hidden_size": 5120,
    "intermediate_size": 8192,
    "intermediate_size_mlp": 16384,
    "num_hidden_layers": 48,
    "num_attention_heads": 40,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 131072,
    "num_local_experts": 16,
    "num_experts_per_tok": 1,
    "interleave_moe_layer_step": 1,
    "no_rope_layer_interval": 4,
    "attention_chunk_size": 8192,
}
"""transformers.Llama4TextConfig (5.19)"""
VISION_DEFAULTS: dict[str, Any] = {
    "hidden_size": 768,
    "intermediate_size": 5632,
    "num_hidden_layers": 34,
    "num_attention_heads": 16,
    "image_size": 448,
    "patch_size": 14,
    "vision_output_dim": 7680,
    "projector_input_dim": 4096,
    "projector_output_dim": 4096,
}
"""transformers.Llama4VisionConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """The text model, alone or with the encoder.

    Source: vllm.model_executor.models.llama4, .mllama4 (0.33.0)
    """
    if "text_config" not in keys:
        return _text(Decoder.read(keys, DEFAULTS))
    text_keys = keys.part("text_config")
    text = _text(Decoder.read(text_keys, DEFAULTS))
    return vision.beside(
        text,
        _tower(keys.part("vision_config").with_defaults(VISION_DEFAULTS), text.hidden_size),
        keys,
        text_keys,
        tower_data_parallel=True,
    )


def _text(decoder: Decoder) -> Architecture:
    keys, step = decoder.keys, decoder.keys.int("interleave_moe_layer_step")
    interval = keys.int("no_rope_layer_interval")
    rotated = keys.per_layer("no_rope_layers", decoder.num_layers) or [
        int((index + 1) % interval != 0) for index in range(decoder.num_layers)
    ]
    sparse = [step > 0 and (index + 1) % step == 0 for index in range(decoder.num_layers)]
    kinds = {
        (rope, moe): _layer(decoder, rope=rope, moe=moe)
        for rope in (True, False)
        for moe in (True, False)
    }
    return decoder.architecture(
        [kinds[bool(rope), moe] for rope, moe in zip(rotated, sparse, strict=True)],
        experts_per_token=keys.int("num_experts_per_tok"),
    )


def _layer(decoder: Decoder, *, rope: bool, moe: bool) -> Layer:
    chunk = decoder.keys.optional_int("attention_chunk_size") if rope else None
    cache = decoder.cache()
    if chunk:
        cache = ChunkedLocal(decoder.kv_heads, decoder.head_dim, chunk)
    dense = mlp(
        hidden=decoder.hidden,
        intermediate=decoder.keys.int("intermediate_size_mlp"),
        prefix="feed_forward",
    )
    feed_forward = _sparse_block(decoder) if moe else dense
    return decoder.layer(decoder.attention(), feed_forward, rope=rope, cache=cache)


def _sparse_block(decoder: Decoder) -> tuple[Module, ...]:
    hidden, size = decoder.hidden, decoder.intermediate
    count = decoder.keys.int("num_local_experts")
    return (
        router(hidden, count, "feed_forward.router"),
        experts(hidden=hidden, intermediate=size, count=count, prefix="feed_forward"),
        *mlp(
            hidden=hidden,
            intermediate=size,
            prefix="feed_forward.shared_expert",
            whole_in_sequence_parallel=True,
        ),
    )


def _tower(keys: Keys, text_hidden: int) -> tuple[Block, ...]:
    encoder = vision.Encoder.read(keys)
    layer = encoder.layer(
        "vision_model.model.layers.0",
        names=("qkv_proj", "o_proj"),
        feed_forward=("", "fc1", "fc2"),
        norm_names=("input_layernorm", "post_attention_layernorm"),
        quantized=False,
    )
    projector = _unquantized(
        "multi_modal_projector.linear_1", keys.int("vision_output_dim"), text_hidden
    )
    return (
        Block(modules=_around(encoder, keys)),
        Block(modules=layer, count=encoder.num_layers),
        Block(modules=(projector,), follows_mode=False),
    )


def _around(encoder: vision.Encoder, keys: Keys) -> tuple[Module, ...]:
    hidden, positions = encoder.hidden, encoder.patches + 1
    inner, outer = keys.int("projector_input_dim"), keys.int("projector_output_dim")
    pixels = encoder.channels * encoder.patch_size**2
    return (
        Weight(name="vision_model.class_embedding", shape=(hidden,)),
        Weight(name="vision_model.positional_embedding_vlm", shape=(positions, hidden)),
        _unquantized("vision_model.patch_embedding.linear", pixels, hidden),
        norm("vision_model.layernorm_pre", hidden, bias=True),
        norm("vision_model.layernorm_post", hidden, bias=True),
        _unquantized("vision_model.vision_adapter.mlp.fc1", encoder.intermediate, inner),
        _unquantized("vision_model.vision_adapter.mlp.fc2", inner, outer, split=Split.ROW),
        # complex64: two float32 for each pair of rotated features
        Buffer(
            name="vision_model.rotary_emb",
            elements=positions * 2 * (encoder.head_dim // 2),
            dtype="float32",
        ),
    )


def _unquantized(name: str, inputs: int, outputs: int, *, split: Split = Split.COLUMN) -> Linear:
    return Linear(name=name, inputs=inputs, parts=(Part(outputs),), split=split, quantized=False)
