"""Rotary position tables: how long and wide vLLM makes them."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from planner.model.modules import Buffer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.keys import Keys

MROPE_POSITIONS_FACTOR = 4
"""vllm.model_executor.layers.rotary_embedding.get_rope's default (0.33.0)"""

_TAKES_ORIGINAL = ("llama3", "yarn", "longrope")
"""types whose original length the configuration's own key overrides"""

_FACTOR_OF_ORIGINAL = ("yarn", "deepseek_yarn", "deepseek_llama_scaling")


def rope_parameters(keys: Keys, layer_type: str | None = None) -> dict[str, Any]:
    """The rotary parameters in transformers 5's form, whichever form the file has.

    ``layer_type`` picks one of the sets of a model with several (``full_attention``).
    Source: transformers.modeling_rope_utils.RotaryEmbeddingConfigMixin (5.x),
    vllm.transformers_utils.config.patch_rope_parameters (0.33.0)
    """
    scaling, parameters = keys.raw("rope_scaling"), keys.raw("rope_parameters")
    stated = scaling if isinstance(scaling, dict) and scaling else parameters
    merged = dict(stated) if isinstance(stated, dict) else {}
    if layer_type and isinstance(merged.get(layer_type), dict):
        merged = dict(merged[layer_type])
    merged["rope_type"] = _rope_type(merged)
    if "partial_rotary_factor" not in merged:
        factor = keys.raw("partial_rotary_factor", "rotary_pct", "rotary_emb_fraction")
        if factor is not None:
            merged["partial_rotary_factor"] = factor
    original = keys.raw("original_max_position_embeddings")
    if original is not None and merged["rope_type"] in _TAKES_ORIGINAL:
        merged["original_max_position_embeddings"] = original
    return merged


def rope_parameter_sets(keys: Keys) -> list[dict[str, Any]]:
    """Every set of rotary parameters: one, or one a layer type."""
    parameters = keys.raw("rope_parameters")
    if isinstance(parameters, dict) and any(isinstance(v, dict) for v in parameters.values()):
        return [
            rope_parameters(keys, name) for name, v in parameters.items() if isinstance(v, dict)
        ]
    return [rope_parameters(keys)]


def _rope_type(parameters: Mapping[str, Any]) -> str:
    name = str(parameters.get("rope_type") or parameters.get("type") or "default")
    return {"su": "longrope", "mrope": "default"}.get(name, name)


def rope_buffer(
    head_dim: int,
    max_position: int,
    parameters: Mapping[str, Any],
    name: str = "rotary_emb",
    *,
    dtype: str | None = None,
) -> Buffer:
    """The cos and sin table of one rotary embedding, in the model's dtype if not another.

    Tables of equal arguments are one tensor on a rank.
    Source: vllm.model_executor.layers.rotary_embedding.get_rope and its classes (0.33.0)
    Checked: Llama-3.1-8B 131072 x 128 x 2 B = 33,554,432 bytes.
    """
    factor = float(parameters.get("partial_rotary_factor", 1.0))
    if parameters.get("rope_type") == "proportional":
        factor = 1.0
    rotary_dim = int(parameters.get("rope_dim") or head_dim * factor)
    rows = rope_positions(max_position, parameters)
    return Buffer(name=name, elements=rows * rotary_dim, dtype=dtype)


def rope_positions(max_position: int, parameters: Mapping[str, Any]) -> int:
    """Rows of the table."""
    kind = parameters.get("rope_type", "default")
    factor = float(parameters.get("factor") or 1.0)
    original = int(parameters.get("original_max_position_embeddings") or max_position)
    multimodal = MROPE_POSITIONS_FACTOR if "mrope_section" in parameters else 1
    if kind in _FACTOR_OF_ORIGINAL:
        return ceil(original * factor) * multimodal
    if kind == "linear":
        return ceil(max_position * factor)
    if kind == "longrope":
        return max_position + original
    return max_position * (multimodal if kind == "default" else 1)
