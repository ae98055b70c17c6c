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
    configuration states the unscaled length; LongRoPE starts from its original length, and
    serves up to ``longest_model_len`` when asked.
    Source: vllm.transformers_utils.model_arch_config_convertor
    .ModelArchConfigConvertorBase.derive_max_model_len_and_key,
    vllm.config.model._get_and_verify_max_len (0.33.0)
    """
    stated = _stated(keys)
    if stated is None:
        return DEFAULT_MAX_MODEL_LEN, "default"
    original = longrope_original(keys)
    return (original, "original_max_position_embeddings") if original else stated


def longest_model_len(keys: Keys) -> int | None:
    """The longest context that may be asked for where it is not the default one: LongRoPE.

    Source: vllm.config.model._get_and_verify_max_len (0.33.0)
    """
    stated = _stated(keys)
    return stated[0] if stated and longrope_original(keys) else None


def longrope_original(keys: Keys) -> int | None:
    """The context that a LongRoPE model was first trained for; None for all others."""
    if all(rope["rope_type"] != "longrope" for rope in rope_parameter_sets(keys)):
        return None
    return keys.optional_int("original_max_position_embeddings")


def _stated(keys: Keys) -> tuple[int, str] | None:
    """What the length keys say, scaled, and which."""
    found = {name: keys.int(name) for name in _LENGTH_KEYS if name in keys}
    if not found:
        return None
    key = min(found, key=lambda name: found[name])
    if found.get("model_max_length"):
        key = "model_max_length"
    factor = 1.0
    if "gemma3" not in keys.text("model_type"):
        for rope in rope_parameter_sets(keys):
            if rope["rope_type"] not in _ALREADY_SCALED:
                factor = float(rope.get("factor") or factor)
    return int(found[key] * factor), key
