"""Eagle 2.5: SigLIP and InternVL's projector beside any text model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.towers import intern
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

ARCHITECTURES = ("Eagle2_5_VLForConditionalGeneration",)
EXAMPLES: dict[str, int] = {}


def read(keys: Keys) -> Architecture:
    """The last norm is there when all layers of the encoder are.

    Source: vllm.model_executor.models.eagle2_5_vl (0.33.0)
    """
    text_keys = text_part(keys, {"model_type": "qwen2"}, tied=None)
    text = registered(text_keys)
    whole = vision.Encoder.read(keys.part("vision_config"), vision.SIGLIP_DEFAULTS)
    encoder = whole.up_to(keys.int("select_layer", default=-1))
    tower = (
        *vision.siglip(encoder, "vision_model.vision_model", post_norm=encoder == whole),
        intern.pixel_shuffle_projector(
            encoder.hidden, text.hidden_size, keys.float("downsample_ratio", default=0.5)
        ),
    )
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=True)
