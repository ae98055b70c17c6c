"""Voxtral: Whisper's encoder beside Mistral's or Llama's text model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.modules import Buffer
from planner.model.towers.parts import plain_linear
from planner.model.towers.text_model import registered, text_part
from planner.model.towers.whisper import whisper_encoder

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("VoxtralForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}
_FREQUENCIES, _DOWNSAMPLED = 201, 4
"""``window_size`` 400 and ``downsample_factor`` of the checkpoints' params.json"""


def read(keys: Keys) -> Architecture:
    """VLLM needs the params.json beside the file, which states what the file leaves out.

    Source: vllm.model_executor.models.voxtral (0.33.0)
    """
    text_keys = text_part(keys, {"model_type": "llama"}, tied=None)
    text = registered(text_keys)
    part = keys.part("audio_config").with_defaults({"num_mel_bins": 128})
    mels = part.int("num_mel_bins")
    hidden = part.int("d_model", "hidden_size")
    stacked = hidden * part.int("downsample_factor", default=_DOWNSAMPLED)
    name, width = "audio_language_adapter", text.hidden_size
    once = (
        Buffer(
            name="whisper_encoder.mel_filters",
            elements=_FREQUENCIES * mels,
            dtype="float32",
        ),
        plain_linear(f"{name}.w_in", stacked, width, bias=False),
        plain_linear(f"{name}.w_out", width, width, bias=False),
    )
    encoder = whisper_encoder(part, "whisper_encoder", positions_dtype="float32")
    return vision.beside(text, (*encoder, Block(modules=once)), keys, text_keys)
