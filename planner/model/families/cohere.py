"""Command R and Aya: attention and MLP side by side after one norm; a tied head."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model.decoder import Decoder
from planner.model.layer_types import every_nth_full
from planner.model.modules import Weight

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

ARCHITECTURES = ("CohereForCausalLM", "Cohere2ForCausalLM")
EXAMPLES = {
    "CohereLabs/c4ai-command-r-v01": 34_980_831_232,
    "CohereLabs/c4ai-command-a-03-2025": 111_057_580_032,
}
DEFAULTS: dict[str, Any] = {
    "vocab_size": 256000,
    "hidden_size": 8192,
    "intermediate_size": 22528,
    "num_hidden_layers": 40,
    "num_attention_heads": 64,
    "max_position_embeddings": 8192,
}
"""transformers.CohereConfig and, with windows, Cohere2Config (5.19)"""
COHERE2_DEFAULTS = {**DEFAULTS, "sliding_window": 4096, "sliding_window_pattern": 4}


def read(keys: Keys) -> Architecture:
    """The second generation slides a window over three layers of four.

    A window of n tokens is one of n + 1 here: the token itself and n before it.
    Source: vllm.model_executor.models.commandr (0.33.0)
    """
    second = keys.text("model_type") != "cohere"
    decoder = Decoder.read(keys, COHERE2_DEFAULTS if second else DEFAULTS, tied=True)
    keys = decoder.keys
    longest = keys.int("model_max_length", default=decoder.max_position)
    decoder = replace(decoder, max_position=longest)
    attention = (*decoder.attention(), *(_norms(decoder) if keys.flag("use_qk_norm") else ()))
    mlp = decoder.mlp()
    windows = _windows(decoder) if second else [decoder.window] * decoder.num_layers
    return decoder.architecture(
        [
            decoder.layer(
                attention, mlp, norm_names=("input_layernorm",), cache=decoder.cache(window)
            )
            for window in windows
        ],
        on_every_stage=("embedding", "norm"),
    )


def _windows(decoder: Decoder) -> list[int | None]:
    step = decoder.keys.int("sliding_window_pattern")
    types = decoder.layer_types or every_nth_full(decoder.num_layers, step)
    return [None if size is None else size + 1 for size in decoder.windows(types)]


def _norms(decoder: Decoder) -> tuple[Module, ...]:
    return tuple(
        Weight(
            name=f"self_attn.{name}_norm",
            shape=(heads, decoder.head_dim),
            split_axis=0,
            units=heads,
        )
        for name, heads in (("q", decoder.heads), ("k", decoder.kv_heads))
    )
