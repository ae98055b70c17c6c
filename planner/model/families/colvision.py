"""Models that search in pages of text and images: ColPali, ColQwen3 and their kin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.model.encoder_frame import HEAD_DTYPE
from planner.model.families import paligemma, qwen3_vl
from planner.model.towers.parts import plain_linear

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys

COLPALI = "ColPaliForRetrieval"
ARCHITECTURES = (COLPALI, "ColQwen3", "OpsColQwen3Model")
EXAMPLES: dict[str, int] = {}
_SIZES = ("embed_dim", "embedding_dim", "dims", "dim", "projection_dim", "colbert_dim")


def read(keys: Keys) -> Architecture:
    """The generating model whole, its head included, and a projection on each stage.

    Source: vllm.model_executor.models.colpali, .colqwen3 (0.33.0)
    """
    if COLPALI in keys.list("architectures"):
        inner = keys.part("vlm_config")
        built = paligemma.read(inner.replaced({"torch_dtype": keys.raw("dtype", "torch_dtype")}))
    else:
        built = qwen3_vl.read(keys)
    size = keys.optional_int(*_SIZES)
    if size is None:
        return replace(built, pooling=True)
    hidden = built.hidden_size
    projection = plain_linear("custom_text_proj", hidden, size, bias=False, dtype=HEAD_DTYPE)
    return replace(built, every=(*built.every, projection), pooling=True)
