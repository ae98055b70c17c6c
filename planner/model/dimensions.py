"""Whether the sizes a configuration states can be sizes at all, before any arithmetic on them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MANY = 2**24
_FIX = "use the config.json that lies beside the checkpoint"

#: key (the whole of it) -> smallest and largest whole number it may be. Zero switches off what is
#: optional: shared experts, low-rank queries, MTP layers, windows.
_RANGES: tuple[tuple[str, int, int], ...] = (
    ("vocab_size|padded_vocab_size|\\w*_vocab_size", 1, _MANY),
    ("vocab_size_per_layer_input", 0, _MANY),
    ("hidden_size|n_embd|d_model|dim|word_embed_proj_dim", 1, 2**20),
    ("\\w*_hidden_size|hidden_size_\\w+|\\w*hidden_dim", 0, 2**20),
    ("num_hidden_layers|n_layers?|num_layers|(?:encoder|decoder)_layers|depth", 1, 2000),
    ("num_nextn_predict_layers|num_mtp_modules|(?:mtp|vt)_num_hidden_layers", 0, 2000),
    ("num_kv_shared_layers|first_k_dense_replace", 0, 2000),
    ("num_attention_heads|n_head|n_heads|num_heads|(?:en|de)coder_attention_heads", 1, 2**14),
    ("num_key_value_heads|num_kv_heads|n_head_kv|kv_n_heads|multi_query_group_num", 1, 2**14),
    ("\\w+_num_(?:attention_|key_value_|key_|value_)?heads|index_n_heads", 0, 2**14),
    ("head_dim|\\w*_head_dim|head_size|\\w*head_size", 0, 2**16),
    ("(?:kv|q|o)_lora_rank|share_q_dim|kv_channels", 0, 2**20),
    ("intermediate_size|n_inner|ffn_hidden_size|ffn_dim|\\w+_ffn_dim", 1, 2**22),
    ("\\w*intermediate_size\\w*", 0, 2**22),
    ("num_(?:local_|routed_)?experts|n_routed_experts|moe_num_experts", 0, 2**16),
    ("(?:n|num)_shared_experts|moe_num_shared_experts", 0, 2**16),
    (
        "num_experts_per_tok(?:en)?|experts_per_token|moe_k|moe_topk|moe_top_k|top_k_experts",
        0,
        2**16,
    ),
    ("max_position_embeddings|n_positions|seq_length|max_seq_len|model_max_length", 1, 2**31),
    ("sliding_window|attention_chunk_size|sliding_window_size", -1, 2**31),
    ("(?:ssm_)?state_size|mamba_d_state|mamba_d_ssm|mamba_n_groups|n_groups", 0, 2**20),
    ("mamba_(?:d_conv|expand)|conv_kernel|linear_conv_kernel_dim|conv_L_cache", 0, 2**16),
    ("image_size|patch_size|num_channels|in_channels|in_chans|num_mel_bins", 1, 2**20),
)

_RULES = tuple((re.compile(pattern), low, high) for pattern, low, high in _RANGES)


def check_dimensions(config: Mapping[str, Any], where: str = "config.json") -> None:
    """Refuse a configuration whose sizes are negative, absurd, or no whole numbers.

    Only keys known to hold a size are judged, at every level; null means absent; of a list, each
    element. What is left out is not missed here: the family that needs it says so.

    Raises:
        InvalidInputError: names the key, its value and what it may be.
    """
    for path, key, value in _leaves(config, ""):
        span = _range(key)
        if span is not None:
            for item in value if isinstance(value, list) else [value]:
                _check(where, path, item, *span)


def _leaves(config: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, Any]]:
    for key, value in config.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            if _range(key) is not None:
                yield here, key, value
            yield from _leaves(value, here)
        elif isinstance(value, list) and value and all(isinstance(x, dict) for x in value):
            for index, item in enumerate(value):
                yield from _leaves(item, f"{here}[{index}]")
        else:
            yield here, key, value


def _range(key: str) -> tuple[int, int] | None:
    for pattern, low, high in _RULES:
        if pattern.fullmatch(key):
            return low, high
    return None


def _check(where: str, path: str, value: object, low: int, high: int) -> None:
    if value is None:
        return
    size = _whole(value)
    if size is None:
        shown = repr(value) if isinstance(value, (int, float, str)) else type(value).__name__
        raise InvalidInputError(f"{where}: {path} is {shown:.60}, not a whole number", fix=_FIX)
    if not low <= size <= high:
        raise InvalidInputError(
            f"{where}: {path} is {size:.6g}, outside {low} to {high:,}",
            cause="no model has such a size: the file is damaged or not what it seems",
            fix=_FIX,
        )


def _whole(value: object) -> float | None:
    """The value when it is a whole number, be it written 8 or 8.0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if math.isfinite(value) and value == math.floor(value) else None
