"""The architecture of a model class that no family knows, from its keys, or why it is not told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.model.from_keys.agreement import (
    ALIKE,
    by_answer,
    follows_activation,
    follows_layer_types,
    gated,
    plainest,
)
from planner.model.from_keys.reading import CAUSAL, readings
from planner.model.keys import ALIASES, Keys
from planner.units import params_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from planner.model.architecture import Architecture
    from planner.model.from_keys.reading import Reading

AGREEING = 2 / 3
"""of the readings, so many must make the same of it"""
_WRITES = (*CAUSAL, "ForConditionalGeneration")
_ENCODER = re.compile("vision|visual|image|audio|speech|video|sound")
_TEXT = ("text_config", "llm_config", "language_config", "language_model")
_OF_THE_WHOLE = ("tie_word_embeddings", "quantization_config", "torch_dtype", "dtype")
_NEEDED = ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
_SHOWN = 4


def read_from_keys(
    config: Mapping[str, Any], name: str, without: Collection[str] = ()
) -> Architecture:
    """The model as most of the families read it that know every size the file states.

    A size that a family passes over, or takes from its own class's defaults, speaks against it;
    so do layers of two types that keep the same, and an activation that wants a gate.

    Args:
        config: the file.
        name: the class it names.
        without: modules of families to leave out, to see how well the others do.

    Returns:
        The architecture; ``read_like`` names the class of a family that reads it so.

    Raises:
        InvalidInputError: a size has a part that no family knows, or the readings differ.
    """
    _refuse_others(config, name)
    config = _as_transformers_reads(config)
    found = readings(config, without)
    fitting = [r for r in found if r.whole and _fits(r.architecture, config)]
    if not fitting:
        raise _unknown(name, _passed_over(found))
    groups = by_answer(fitting)
    best, *others = map(plainest, groups)
    gate_unsure = len({gated(reading.architecture) for reading in (best, *others)}) > 1
    if gate_unsure or len(groups[0]) < AGREEING * len(fitting):
        raise _unknown(name, _differing(best, others[0]))
    return replace(best.architecture, name=name, read_like=best.like)


def text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The text model's part of a file, or the file where it has none."""
    parts = (config[key] for key in _TEXT if isinstance(config.get(key), dict))
    found = next(parts, None)
    if found is None:
        return {k: v for k, v in config.items() if not _describes_encoder(k, v)}
    whole = {k: config[k] for k in _OF_THE_WHOLE if k in config}
    return {**found, **whole}


def _as_transformers_reads(config: Mapping[str, Any]) -> dict[str, Any]:
    """The file with what is left out of it, and without what it switches off.

    Source: transformers.PretrainedConfig (4.57): the head is the embedding where a file does not
    say; vllm.engine.arg_utils.EngineArgs.create_engine_config (0.33.0): ``use_sliding_window``
    """
    off = {key.removeprefix("use_") for key, value in config.items() if value is False}
    kept = {key: value for key, value in config.items() if key not in off or value is False}
    return {"tie_word_embeddings": True, **kept}


def _fits(architecture: Architecture, config: Mapping[str, Any]) -> bool:
    return (
        not architecture.tower
        and follows_layer_types(architecture, config)
        and follows_activation(architecture, config)
    )


def _refuse_others(config: Mapping[str, Any], name: str) -> None:
    """Classes whose layers their keys do not tell: encoders, and what stands beside a model."""
    if not name.endswith(_WRITES):
        raise _unknown(name, "only models that write text are read from their keys")
    keys = Keys(config)
    absent = [size for size in _NEEDED if keys.raw(size, *ALIASES.get(size, ())) is None]
    part = next((k for k, v in config.items() if _describes_encoder(k, v)), None)
    if part:
        raise _unknown(
            name,
            f"{part} describes an encoder, whose layers are not told by keys alone",
            "--language-model-only answers for its text model alone",
        )
    if absent:
        raise _unknown(name, f"its config.json states no {', '.join(absent)}")


def _describes_encoder(key: str, value: object) -> bool:
    return isinstance(value, dict) and bool(_ENCODER.search(key))


def _passed_over(found: Iterable[Reading]) -> str:
    """Why the reading that comes nearest is none."""
    least = min(found, key=lambda r: (len(r.unread) + len(r.assumed), -len(r.asked)), default=None)
    if least is None:
        return "none can read it: its values contradict each other"
    if least.unread:
        shown = sorted(".".join(filter(None, place)) for place in least.unread)[:_SHOWN]
        return f"none reads all the sizes it states: {least.like} passes over {', '.join(shown)}"
    if least.assumed:
        shown = sorted(least.assumed)[:_SHOWN]
        return f"it does not state {', '.join(shown)}, as {least.like} would"
    return "none knows its layer_types or its activation beside its other keys"


def _differing(one: Reading, other: Reading) -> str:
    ways = [f"{params_text(r.parameters)} as {r.like}" for r in (one, other)]
    if abs(one.parameters - other.parameters) <= ALIKE * one.parameters:
        ways = [f"with the KV cache of {r.like}" for r in (one, other)]
    return f"its keys can be read in more than one way: {' or '.join(ways)}"


def _unknown(name: str, why: str, fix: str = "") -> InvalidInputError:
    other = "name the class it is most like, if it is: "
    return InvalidInputError(
        f"the architecture {name} is not known",
        cause=f"no family of this planner describes its layers, and {why}",
        fix=fix or other + """--hf-overrides '{"architectures": ["LlamaForCausalLM"]}'""",
    )
