"""How long a context a configuration allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.model.rope import rope_parameter_sets

if TYPE_CHECKING:
    from planner.model.keys import Keys

DEFAULT_MAX_MODEL_LEN = 2048
"""what vLLM assumes when no key says (vllm.config.model._get_and_verify_max_len, 0.33.0)"""

_LENGTH_KEYS = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "seq_length",
    "model_max_length",
    "max_target_positions",
    "max_sequence_length",
    "max_seq_length",
    "seq_len",
)

_ALREADY_SCALED = ("longrope", "llama3", "yarn", "deepseek_yarn", "deepseek_llama_scaling")


def derived_max_model_len(keys: Keys) -> tuple[int, str]:
    """The context a model is served with when none is asked for, tokens, and the key it is from.

    The smallest of the length keys, times the rotary factor of the kinds whose
    configuration states the unscaled length; LongRoPE starts from its original length.
    Source: vllm.transformers_utils.model_arch_config_convertor
    .ModelArchConfigConvertorBase.derive_max_model_len_and_key,
    vllm.config.model._get_and_verify_max_len (0.33.0)
    """
    found = {name: keys.int(name) for name in _LENGTH_KEYS if name in keys}
    if not found:
        return DEFAULT_MAX_MODEL_LEN, "default"
    key = min(found, key=lambda name: found[name])
    if found.get("model_max_length"):
        key = "model_max_length"
    ropes = rope_parameter_sets(keys)
    if any(rope["rope_type"] == "longrope" for rope in ropes):
        original = keys.optional_int("original_max_position_embeddings")
        return (original, "original_max_position_embeddings") if original else (found[key], key)
    factor = 1.0
    if "gemma3" not in keys.text("model_type"):
        for rope in ropes:
            if rope["rope_type"] not in _ALREADY_SCALED:
                factor = float(rope.get("factor") or factor)
    return int(found[key] * factor), key
