"""RADIO: the vision transformer of NVIDIA's Nemotron models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import InvalidInputError, nearest
from planner.model.architecture import Block
from planner.model.modules import Buffer, Weight
from planner.model.towers.intern import intern_layer
from planner.model.towers.parts import plain_linear
from planner.model.vision import Encoder

if TYPE_CHECKING:
    from planner.model.keys import Keys
    from planner.model.modules import Module

_SIZES = {
    "vit_small_patch16_224": (384, 12, 6, 1536),
    "vit_base_patch16_224": (768, 12, 12, 3072),
    "vit_large_patch16_224": (1024, 24, 16, 4096),
    "vit_huge_patch16_224": (1280, 32, 16, 5120),
    "vit_so400m_patch16_224": (1152, 27, 16, 4304),
}
"""width, layers, heads and inner width by timm's name
(vllm.transformers_utils.configs.radio.VIT_TIMM_DIM_BY_NAME, 0.33.0)"""
_CPE_SIZE, _PATCH = 2048, 16


def radio(keys: Keys, prefix: str = "vision_model") -> tuple[Block, ...]:
    """Positions for the largest image, a token for each teacher, and InternViT's layers.

    Source: vllm.model_executor.models.radio.RadioModel (0.33.0)

    Raises:
        InvalidInputError: vLLM knows no sizes for the model the file names.
    """
    arguments = keys.part("args")
    name = arguments.text("model")
    if name not in _SIZES:
        raise InvalidInputError(
            f"the RADIO encoder {name!r} is not known",
            cause=f"vLLM knows {', '.join(_SIZES)}",
            fix=f"nearest: {', '.join(nearest(name, _SIZES))}" if name else "",
        )
    hidden, depth, heads, inner = _SIZES[name]
    patch = keys.int("patch_size", default=_PATCH)
    once = _once(keys, f"{prefix}.model.patch_generator", hidden, patch)
    summaries = sum(bool(t.get("use_summary", True)) for t in arguments.list("teachers"))
    if summaries:
        indices = Buffer(name=f"{prefix}.summary_idxs", elements=summaries, dtype="int64")
        once += (indices,)
    sizes = Encoder(
        hidden=hidden,
        heads=heads,
        intermediate=inner,
        num_layers=depth,
        image_size=0,
        patch_size=patch,
        channels=3,
    )
    layer = intern_layer(
        sizes, f"{prefix}.model.encoder.layers.0", bias=True, normed=False, norm_bias=True
    )
    return Block(modules=once), Block(modules=layer, count=depth)


def _once(keys: Keys, prefix: str, hidden: int, patch: int) -> tuple[Module, ...]:
    """Patches of images, those of video apart, positions and tokens."""
    arguments = keys.part("args")
    side = round(arguments.int("cpe_max_size", default=_CPE_SIZE) / patch)
    frames = keys.int("video_temporal_patch_size", default=1)
    pixels = 3 * patch**2
    video = (plain_linear(f"{prefix}.video_embedder", pixels * frames, hidden, bias=False),)
    return (
        plain_linear(f"{prefix}.embedder", pixels, hidden, bias=False),
        *(video if frames > 1 else ()),
        Weight(name=f"{prefix}.pos_embed", shape=(side**2, hidden)),
        Weight(name=f"{prefix}.cls_token.token", shape=(_tokens(arguments), hidden)),
    )


def _tokens(arguments: Keys) -> int:
    """A class token, or one a teacher, filled up with registers to a multiple."""
    teachers = {str(teacher.get("name")) for teacher in arguments.list("teachers")}
    count = len(teachers) if arguments.flag("cls_token_per_teacher") else 1
    multiple = arguments.int("register_multiple", default=0)
    return count + (multiple - count % multiple if multiple else 0)
