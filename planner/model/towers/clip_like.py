"""The encoders that LLaVA and its kin take: CLIP, SigLIP or Pixtral, by ``model_type``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.model import vision
from planner.model.architecture import Block
from planner.model.modules import Linear, Part, Split
from planner.model.towers.parts import column

if TYPE_CHECKING:
    from planner.model.keys import Keys

CLIP_336: dict[str, Any] = {
    "model_type": "clip_vision_model",
    "intermediate_size": 4096,
    "hidden_size": 1024,
    "patch_size": 14,
    "image_size": 336,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
}
"""transformers.LlavaConfig (5.19): the encoder where the file describes none"""


def encoder(
    keys: Keys, feature_layers: object = -1, prefix: str = "vision_tower"
) -> tuple[vision.Encoder, tuple[Block, ...]]:
    """The encoder of a ``vision_config``, as deep as the deepest layer whose features are used.

    Raises:
        InvalidInputError: it is of none of the three kinds.

    Source: vllm.model_executor.models.llava.init_vision_tower_for_llava (0.33.0)
    """
    if not keys.mapping:
        keys = keys.with_defaults(CLIP_336)
    model = f"{prefix}.vision_model"
    match keys.text("model_type", default="clip_vision_model"):
        case "clip_vision_model":
            found = vision.Encoder.read(keys, vision.CLIP_DEFAULTS).up_to(feature_layers)
            return found, vision.clip(found, model)
        case "siglip_vision_model":
            found = vision.Encoder.read(keys, vision.SIGLIP_DEFAULTS).up_to(feature_layers)
            return found, vision.siglip(found, model, post_norm=False)
        case "pixtral":
            found = vision.Encoder.read(keys, vision.PIXTRAL_DEFAULTS).up_to(feature_layers)
            return found, vision.pixtral(found, prefix)
        case other:
            raise InvalidInputError(
                f"the image encoder {other!r} is not known beside this model class",
                cause="vLLM builds CLIP, SigLIP or Pixtral here",
                fix="name one of them as the model_type of vision_config",
            )


def projector(
    inputs: int, outputs: int, *, bias: bool = True, name: str = "multi_modal_projector"
) -> Block:
    """Two layers divided by tensor parallelism in either mode of the encoder.

    Source: vllm.model_executor.models.llava.LlavaMultiModalProjector (0.33.0)
    """
    second = Linear(
        name=f"{name}.linear_2",
        inputs=outputs,
        parts=(Part(outputs),),
        split=Split.ROW,
        bias=bias,
    )
    first = column(f"{name}.linear_1", inputs, outputs, bias=bias)
    return Block(modules=(first, second), follows_mode=False)
