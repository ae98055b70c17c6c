"""The text model within a multimodal configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.model.rope import rope_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.keys import Keys

TEXT_PART = "text_config"


def text_part(
    keys: Keys,
    defaults: Mapping[str, Any] | None = None,
    *,
    name: str = TEXT_PART,
    tied: bool | None = False,
) -> Keys:
    """The text model's keys with its class's defaults; the whole file says whether it is tied.

    ``tied`` is the default of the whole file's class, None for a class without that key.
    Source: vllm.config.vllm.VllmConfig.with_hf_config (0.33.0)
    """
    part = keys.part(name).with_defaults(defaults or {})
    if tied is None and "tie_word_embeddings" not in keys:
        return part
    outer = keys.flag("tie_word_embeddings", default=bool(tied))
    return part.replaced({"tie_word_embeddings": outer})


def with_positions_of_tokens(keys: Keys) -> Keys:
    """A rotary table as long as the context: positions of images never exceed the tokens.

    Source: vllm.model_executor.models.qwen3_vl.mrope_positions_factor (0.33.0), without
    ``--video-pruning-rate``
    """
    parameters = rope_parameters(keys)
    parameters.pop("mrope_section", None)
    return keys.replaced({"rope_parameters": parameters, "rope_scaling": None})
