"""Which keys of a configuration state a size, or a trait that changes one.

The names are told by their words, so that a key nobody has seen is told too: a mechanism that
came with a new model shows as a size that no family asks for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from planner.model.from_keys.recorded import Place, inside

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_SIZE = re.compile(
    r"size|dim|rank|head|layer|expert|state|width|kernel|group|interval|period|offset|expand|depth"
    r"|pattern|types|^n_|num_|freq|conv|window|ratio|multiple|block|latent|index|shared|cache|merge"
    r"|ffn|lora|proj|_len|gate|mamba|ssm|memory|engram|hash|compress|dense"
)
_COUNT = re.compile("shared|dense")
"""of these a single one is something; a step or a factor of 1 is nothing"""
#: training, sampling, tokens, arithmetic without weights, and what only the draft model has
_NO_SIZE = re.compile(
    r"token|_ids?$|drop|top_?k|per_tok|topk_group|^n_group$|num_expert_group|max_window_layers|mtp"
    r"|nextn|tensor|version|eps|theta|loss|coef|init|norm|act$|act_|std|labels?$|return|output_"
    r"|_name|pretrain|capacity|jitter|implementation|aux|scal(?:e|ing)|max_|chunk_size|time_step"
    r"|softcap|logit|multiplier|beam|penalty|gradient|dtype|method|func|rope_|quant|ngram_size"
    r"|mamba_kernels|cache$|flash|n_ctx|dim_model_base|qk_head_dim|overlap|position|rotary"
)
#: objects that are read elsewhere: number formats, positions, labels
_NO_PART = {
    *("quantization_config", "compression_config", "rope_scaling", "rope_parameters"),
    *("auto_map", "task_specific_params", "id2label", "label2id"),
}

SYNONYMS = (
    ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"),
    ("moe_intermediate_size", "expert_intermediate_size", "moe_ffn_hidden_size"),
    ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts", "num_shared_expert"),
    ("first_k_dense_replace", "num_dense_layers", "moe_layer_start_index"),
    ("num_key_value_heads", "num_kv_heads", "multi_query_group_num", "n_head_kv"),
    ("head_dim", "attention_head_dim", "kv_channels"),
)
"""names that one size goes by in different model classes"""


def stated(config: Mapping[str, Any], asked_by_some: Collection[str] = ()) -> set[Place]:
    """Where sizes stand, and the traits that some family asks for.

    A trait that is off, a size of 0, and most of 1 state nothing.
    """
    return {
        (path, key)
        for path, key, value in _leaves(config, "")
        if _states(key, value, asked_by_some)
    }


def _states(key: str, value: object, asked_by_some: Collection[str]) -> bool:
    if not _SIZE.search(key) or _NO_SIZE.search(key):
        return False
    if isinstance(value, bool):
        return value and key in asked_by_some
    if isinstance(value, (int, float)):
        return value > (0 if _COUNT.search(key) else 1)
    return bool(value)


def _leaves(config: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, object]]:
    for key, value in config.items():
        if key in _NO_PART:
            continue
        if isinstance(value, dict):
            yield from _leaves(value, inside(path, key))
        else:
            yield path, key, value


def synonyms(key: str) -> tuple[str, ...]:
    """The other names of a size."""
    return tuple(name for group in SYNONYMS if key in group for name in group if name != key)
