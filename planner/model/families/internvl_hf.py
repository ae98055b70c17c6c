"""InternVL in transformers' form and Intern-S1: attention whole on each rank, any text model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model import vision
from planner.model.architecture import Block
from planner.model.blocks import norm, norms
from planner.model.modules import Weight
from planner.model.towers.parts import column, convolution, plain_linear, row
from planner.model.towers.text_model import registered, text_part

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("InternVLForConditionalGeneration", "InternS1ForConditionalGeneration")
EXAMPLES: dict[str, int] = {}
DEFAULTS: dict[str, Any] = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "attention_bias": False,
    "use_qk_norm": False,
    "intermediate_size": 4096,
    "norm_type": "layer_norm",
    "image_size": [448, 448],
    "patch_size": [14, 14],
    "num_channels": 3,
    "use_absolute_position_embeddings": True,
    "use_mean_pooling": True,
}
"""transformers.InternVLVisionConfig (5.19)"""


def read(keys: Keys) -> Architecture:
    """Only the encoder's MLP is divided, in either mode.

    Source: vllm.model_executor.models.interns1, .interns1_vit (0.33.0)
    """
    text_keys = text_part(keys, {"model_type": "qwen2"}, tied=True)
    text = registered(text_keys)
    part = keys.part("vision_config").with_defaults(DEFAULTS)
    hidden = part.int("hidden_size")
    merged = hidden * int(1 / keys.float("downsample_ratio", default=0.5)) ** 2
    name = "multi_modal_projector"
    projector = (
        norm(f"{name}.layer_norm", merged, bias=True),
        plain_linear(f"{name}.linear_1", merged, text.hidden_size),
        plain_linear(f"{name}.linear_2", text.hidden_size, text.hidden_size),
    )
    tower = (
        Block(modules=(*_once(part, "vision_tower"), *projector)),
        Block(modules=_layer(part, "vision_tower.encoder.layer.0"), count=_depth(part)),
    )
    return vision.beside(text, tower, keys, text_keys)


def _depth(part: Keys) -> int:
    return part.int("num_hidden_layers")


def _once(part: Keys, prefix: str) -> tuple[Module, ...]:
    hidden = part.int("hidden_size")
    height, width = _pair(part, "image_size")
    rows, columns = _pair(part, "patch_size")
    positions = (height // rows) * (width // columns) + 1
    embeddings = f"{prefix}.embeddings"
    optional = {
        f"{embeddings}.mask_token": (part.flag("use_mask_token"), (hidden,)),
        f"{embeddings}.position_embeddings": (
            part.flag("use_absolute_position_embeddings"),
            (positions, hidden),
        ),
    }
    last = (norm(f"{prefix}.layernorm", hidden, bias=True),)
    channels = part.int("num_channels")
    return (
        Weight(name=f"{embeddings}.cls_token", shape=(hidden,)),
        *convolution(f"{embeddings}.patch_embeddings", hidden, channels, rows, columns),
        *(Weight(name=name, shape=shape) for name, (used, shape) in optional.items() if used),
        *(() if part.flag("use_mean_pooling") else last),
    )


def _layer(part: Keys, name: str) -> tuple[Module, ...]:
    hidden, inner = part.int("hidden_size"), part.int("intermediate_size")
    bias, attention = part.flag("attention_bias"), f"{name}.attention"
    over_heads = (f"{attention}.q_norm", f"{attention}.k_norm")
    layer_norms = (f"{name}.layernorm_before", f"{name}.layernorm_after")
    return (
        plain_linear(f"{attention}.qkv_proj", hidden, 3 * hidden, bias=bias),
        plain_linear(f"{attention}.projection_layer", hidden, hidden),
        *(norms(hidden, *over_heads) if part.flag("use_qk_norm") else ()),
        column(f"{name}.mlp.fc1", hidden, inner),
        row(f"{name}.mlp.fc2", inner, hidden),
        *norms(hidden, *layer_norms, bias=part.text("norm_type") == "layer_norm"),
        Weight(name=f"{name}.lambda_1", shape=(hidden,)),
        Weight(name=f"{name}.lambda_2", shape=(hidden,)),
    )


def _pair(part: Keys, name: str) -> tuple[int, int]:
    value = part.raw(name)
    if isinstance(value, list):
        return int(value[0]), int(value[1])
    return part.int(name), part.int(name)
