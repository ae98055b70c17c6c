"""Ultravox and Audio Flamingo 3: Whisper's encoder beside any text model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm, replicated
from planner.model.families import qwen2
from planner.model.modules import Weight
from planner.model.towers import audio
from planner.model.towers.parts import plain_linear
from planner.model.towers.text_model import registered, text_part
from planner.model.towers.whisper import whisper_encoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

FLAMINGO = "AudioFlamingo3ForConditionalGeneration"
ARCHITECTURES = ("UltravoxModel", FLAMINGO)
EXAMPLES: dict[str, int] = {}
DEFAULTS: dict[str, Any] = {
    "hidden_size": 4096,
    "stack_factor": 8,
    "projector_act": "swiglu",
    "projector_ln_mid": False,
    "num_projector_layers": 0,
}
"""vllm.transformers_utils.configs.ultravox.UltravoxConfig (0.33.0)"""


def read(keys: Keys) -> Architecture:
    """Ultravox stacks frames before it projects them.

    Source: vllm.model_executor.models.ultravox, .audioflamingo3 (0.33.0)
    """
    part = keys.part("audio_config")
    if FLAMINGO in keys.list("architectures"):
        text_keys = text_part(keys, tied=None)
        text = qwen2.read(text_keys)
        encoder = audio.plain_whisper(part)
        hidden = part.with_defaults(audio.WHISPER_LARGE).int("d_model", "hidden_size")
        projector = _two_layers(
            hidden, text.hidden_size, bias=keys.flag("projector_bias", default=True)
        )
    else:
        text_keys = text_part(keys, {"model_type": "llama"}, tied=None)
        text = registered(text_keys)
        encoder = whisper_encoder(part, "audio_tower")
        projector = _stacked(keys.with_defaults(DEFAULTS), part, text.hidden_size)
    return vision.beside(text, (*encoder, *projector), keys, text_keys)


def _two_layers(inputs: int, outputs: int, *, bias: bool) -> tuple[Block, ...]:
    name = "multi_modal_projector"
    first = plain_linear(f"{name}.linear_1", inputs, outputs, bias=bias)
    return (Block(modules=(first, plain_linear(f"{name}.linear_2", outputs, outputs, bias=bias))),)


def _stacked(keys: Keys, part: Keys, outputs: int) -> tuple[Block, ...]:
    """A gated MLP on stacked frames, or a small transformer."""
    name = "multi_modal_projector"
    hidden = part.int("d_model", "hidden_size")
    stacked = hidden * keys.int("stack_factor")
    layers = keys.int("num_projector_layers")
    before: tuple[Module, ...] = (norm(f"{name}.ln_pre", stacked),)
    if layers:
        positions = (part.int("max_source_positions", default=1500), hidden)
        once = (
            *before,
            replicated(f"{name}.linear_in", stacked, hidden, bias=True),
            Weight(name=f"{name}.embed_positions", shape=positions),
            norm(f"{name}.ln_post", hidden),
            replicated(f"{name}.linear_out", hidden, outputs, bias=True),
        )
        _, encoder = whisper_encoder(part.replaced({"encoder_layers": layers}), name)
        return Block(modules=once), encoder
    inner = keys.int("hidden_size")
    middle = inner // 2 if keys.text("projector_act") == "swiglu" else inner
    normed = middle if keys.flag("projector_ln_mid") else outputs
    once = (
        *before,
        replicated(f"{name}.linear_1", stacked, inner),
        replicated(f"{name}.linear_2", middle, outputs),
        norm(f"{name}.ln_out", normed),
    )
    return (Block(modules=once),)
