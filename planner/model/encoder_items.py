"""The largest image or video of a multimodal model, told from its keys.

vLLM's profile run encodes as many of them as a step may hold. What a processor makes of the
largest input is not in config.json where sizes are free; such families are listed here.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_CHANNELS = 3
#: tiles of the largest image, beside a view of the whole
_LLAMA4_TILES = 16
#: tokens of the largest image where sizes are free, by ``model_type``: 12,845,056 pixels of
#: 28 x 28 a token, 16,777,216 of 32 x 32, 4,096 and 16,384 patches of four a token.
#: Source: preprocessor_config.json of Qwen/Qwen2.5-VL-7B-Instruct, Qwen/Qwen3-VL-8B-Instruct,
#: moonshotai/Kimi-VL-A3B-Instruct, moonshotai/Kimi-K2.5
_FREE_IMAGES = {
    "qwen2_vl": 16_384,
    "qwen2_5_vl": 16_384,
    "qwen3_vl": 16_384,
    "qwen3_vl_moe": 16_384,
    "qwen3_5": 16_384,
    "qwen3_5_moe": 16_384,
    "kimi_vl": 1_024,
    "kimi_k25": 4_096,
}
#: families whose largest video is as many images as the context holds, at most this many.
#: Source: vllm.model_executor.models.qwen2_vl.Qwen2VLProcessingInfo (0.33.0): 14 frames, two a step
_FRAME_PAIRS = {"qwen2_vl": 7, "qwen2_5_vl": 7}

#: families that take videos beside images, by ``model_type``.
#: Source: get_supported_mm_limits of the processing classes in vllm.model_executor.models (0.33.0)
_OF_VIDEOS = frozenset(
    {
        "ernie4_5_moe_vl",
        "gemma4",
        "glm4v",
        "glm4v_moe",
        "interns1",
        "internvl",
        "internvl_chat",
        "keye",
        "keyevl1_5",
        "llava_onevision",
        "minicpmv",
        "molmo2",
        "ovis2_5",
        "qwen2_5_omni_thinker",
        "qwen2_5_vl",
        "qwen2_vl",
        "qwen3_5",
        "qwen3_5_moe",
        "qwen3_omni_moe_thinker",
        "qwen3_vl",
        "qwen3_vl_moe",
    }
)


@frozen
class EncoderItems:
    """The largest item, and what its tokens are made of.

    Attributes:
        image_tokens: of the largest image; 0 where it is not known.
        frame_pairs: how many images' worth the largest video holds at most.
        patches_per_token: patches the encoder sees for each token it gives.
        elements_per_patch: numbers of a patch's pixels.
        outputs_per_token: vectors of the text's width that a token gives: more with deepstack.
        kinds: what the encoder encodes, as ``--limit-mm-per-prompt`` names it.
    """

    image_tokens: int
    frame_pairs: int = 1
    patches_per_token: int
    elements_per_patch: int
    outputs_per_token: int = 1
    kinds: tuple[str, ...] = ("image",)

    def of_kinds(self, kinds: Collection[str]) -> EncoderItems:
        """The largest item where prompts hold no other kinds."""
        return self if "video" in kinds else replace(self, frame_pairs=1)

    def largest(self, max_model_len: int) -> int:
        """Tokens of the largest item that a context of some length can hold."""
        if not self.image_tokens:
            return 0
        images = max(min(max_model_len // self.image_tokens, self.frame_pairs), 1)
        return self.image_tokens * images


def encoder_items(config: Mapping[str, Any]) -> EncoderItems | None:
    """The items of a model with an image encoder; None without one.

    Source: vllm.multimodal.encoder_budget.MultiModalBudget, and the processing classes
    in vllm.model_executor.models (0.33.0)
    """
    outer = config.get("thinker_config")
    whole = outer if isinstance(outer, dict) else config
    vision = whole.get("vision_config")
    if not isinstance(vision, dict) or not isinstance(vision.get("patch_size"), int):
        return None
    patch = vision["patch_size"]
    levels = vision.get("deepstack_visual_indexes")
    side = vision.get("image_size") or whole.get("force_image_size") or 0
    patches = (side // patch) ** 2 if isinstance(side, int) else 0
    merged = _merged(whole, vision, patches)
    kind = str(whole.get("model_type"))
    return EncoderItems(
        image_tokens=_FREE_IMAGES.get(kind) or patches // merged * _tiles(whole, kind),
        frame_pairs=_FRAME_PAIRS.get(kind, 1),
        patches_per_token=merged,
        elements_per_patch=_CHANNELS * _whole(vision, "temporal_patch_size", 1) * patch**2,
        outputs_per_token=1 + (len(levels) if isinstance(levels, list) else 0),
        kinds=("image", "video") if kind.lower() in _OF_VIDEOS else ("image",),
    )


def _merged(whole: Mapping[str, Any], vision: Mapping[str, Any], patches: int) -> int:
    """Patches that become one token."""
    kernel = vision.get("merge_kernel_size")
    if isinstance(kernel, list):
        return prod(kernel)
    of_image = _whole(whole, "mm_tokens_per_image", 0)
    if of_image:
        return max(patches // of_image, 1)
    ratio = whole.get("downsample_ratio") or vision.get("pixel_shuffle_ratio")
    if isinstance(ratio, float) and ratio > 0:
        return round(1 / ratio**2)
    size = _whole(vision, "spatial_merge_size", 0) or _whole(whole, "spatial_merge_size", 1)
    return size**2


def _tiles(whole: Mapping[str, Any], kind: str) -> int:
    """Views of the encoder's size that the largest image is cut into."""
    if kind == "llama4":
        return _LLAMA4_TILES + 1
    tiles = _whole(whole, "max_dynamic_patch", 1)
    return tiles + 1 if tiles > 1 and whole.get("use_thumbnail") else tiles


def _whole(keys: Mapping[str, Any], name: str, default: int) -> int:
    value = keys.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default
