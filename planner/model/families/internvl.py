"""InternVL in its makers' form, H2OVL and Skywork R1V: InternViT beside any text model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.towers import intern
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

SKYWORK = "SkyworkR1VChatModel"
ARCHITECTURES = ("InternVLChatModel", "H2OVLChatModel", SKYWORK)
EXAMPLES = {"OpenGVLab/InternVL3-8B": 7_944_373_760, "OpenGVLab/InternVL3-38B": 38_388_164_992}


def read(keys: Keys) -> Architecture:
    """The text model's part goes by ``llm_config``.

    Source: vllm.model_executor.models.internvl, .h2ovl, .skyworkr1v (0.33.0)
    """
    text_keys = text_part(keys, name="llm_config", tied=None)
    text = registered(text_keys)
    part = keys.part("vision_config").with_defaults(intern.DEFAULTS)
    ratio = keys.float("downsample_ratio", default=0.5)
    skywork = SKYWORK in keys.list("architectures")
    tower = (
        *intern.intern_vit(
            part,
            select_layer=keys.int("select_layer", default=-1),
            quantized=not _awq_of_text(text_keys),
        ),
        intern.pixel_shuffle_projector(
            part.int("hidden_size"), text.hidden_size, ratio, quantized=skywork
        ),
    )
    return vision.beside(text, tower, keys, text_keys, tower_data_parallel=not skywork)


def _awq_of_text(text_keys: Keys) -> bool:
    """Whether the file gives AWQ with the text model's keys and lists no layers to leave out.

    Source: vllm.model_executor.models.internvl.InternVLChatModel._patch_quant_config (0.33.0)
    """
    quantization = text_keys.part("quantization_config")
    listed = quantization.list("modules_to_not_convert")
    return quantization.text("quant_method") == "awq" and not listed
