"""LLaVA, LLaVA-NeXT (Video), LLaVA-OneVision and Bee: an image encoder beside any text model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm
from planner.model.modules import Weight
from planner.model.towers import clip_like
from planner.model.towers.parts import plain_linear
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

LLAVA, NEXT = "LlavaForConditionalGeneration", "LlavaNextForConditionalGeneration"
VIDEO, ONE = "LlavaNextVideoForConditionalGeneration", "LlavaOnevisionForConditionalGeneration"
BEE = "BeeForConditionalGeneration"
ARCHITECTURES = (LLAVA, NEXT, VIDEO, ONE, BEE)
EXAMPLES = {
    "llava-hf/llava-v1.6-mistral-7b-hf": 7_554_149_376,
    "llava-hf/llava-1.5-13b-hf": 13_338_896_384,
}


def read(keys: Keys) -> Architecture:
    """A vector for the end of a line of patches is on each stage, and all of Bee's projector.

    Source: vllm.model_executor.models.llava, .llava_next, .llava_next_video, .llava_onevision,
    .bee (0.33.0)
    """
    name = next(str(each) for each in keys.list("architectures") if each in ARCHITECTURES)
    text_keys = text_part(keys)
    text = registered(text_keys)
    layers = keys.raw("vision_feature_layer")
    default = -1 if name in {ONE, BEE} else -2
    layers = default if layers is None else layers
    encoder, tower = clip_like.encoder(keys.part("vision_config"), layers)
    bias = keys.flag("multimodal_projector_bias", default=True)
    times = len(layers) if name == NEXT and isinstance(layers, list) else 1
    sizes = (encoder.hidden * times, text.hidden_size)
    projector = (
        clip_like.projector(*sizes, bias=bias)
        if name in {LLAVA, NEXT}
        else _plain_projector(*sizes, bias=bias, wide=name == BEE)
    )
    newline = Weight(name="image_newline", shape=(text.hidden_size,))
    every = (*text.every, newline) if name in {NEXT, ONE, BEE} else text.every
    if name == BEE:
        return vision.beside(text, tower, keys, text_keys, every=(*every, *projector.modules))
    return vision.beside(text, (*tower, projector), keys, text_keys, every=every)


def _plain_projector(inputs: int, outputs: int, *, bias: bool, wide: bool) -> Block:
    """Bee's is four times as wide within, and norms before."""
    name = "multi_modal_projector"
    inner = 4 * outputs if wide else outputs
    before = (norm(f"{name}.pre_norm", inputs, bias=True),) if wide else ()
    return Block(
        modules=(
            *before,
            plain_linear(f"{name}.linear_1", inputs, inner, bias=bias or wide),
            plain_linear(f"{name}.linear_2", inner, outputs, bias=bias or wide),
        )
    )
