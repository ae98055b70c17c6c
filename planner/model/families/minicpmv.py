"""MiniCPM-V and MiniCPM-o: SigLIP and a resampler beside Llama or Qwen, by the version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import InvalidInputError
from planner.model import vision
from planner.model.architecture import Block
from planner.model.families import llama, qwen2, qwen3
from planner.model.modules import Buffer
from planner.model.towers.audio import plain_whisper
from planner.model.towers.idefics import idefics
from planner.model.towers.parts import plain_linear
from planner.model.towers.resampler import resampler
from planner.model.towers.whisper import DEFAULTS as WHISPER_DEFAULTS

if TYPE_CHECKING:
    from types import ModuleType

    from planner.model.architecture import Architecture
    from planner.model.keys import Keys
    from planner.model.modules import Module

OMNI = "MiniCPMO"
ARCHITECTURES = ("MiniCPMV", OMNI)
EXAMPLES: dict[str, int] = {}
_TEXT: dict[str, ModuleType] = {
    "2.5": llama,
    "2.6": qwen2,
    "4.0": llama,
    "4.5": qwen3,
}
_POSITIONS, _FRAMES = 70 * 70, 36000
"""of the resampler's tables (vllm.model_executor.models.minicpmv.Resampler4_5, 0.33.0)"""
_FIRST_HIDDEN, _FIRST_QUERIES = 2304, 64
"""by which vLLM tells the first version, which does not state one"""


def read(keys: Keys) -> Architecture:
    """The text model's keys lie beside the encoder's.

    Source: vllm.model_executor.models.minicpmv, .minicpmo (0.33.0)
    """
    version = _version(keys)
    if version not in _TEXT:
        raise InvalidInputError(
            f"MiniCPM-V {version} is not known",
            cause=f"vLLM builds the versions {', '.join(_TEXT)}",
            fix="check the key 'version' of config.json",
        )
    text = _TEXT[version].read(keys)
    tower = _tower(keys, timed=version == "4.5")
    if OMNI in keys.list("architectures"):
        tower += _ears(keys)
    return vision.beside(
        text,
        tower,
        keys,
        keys,
        layer_prefix="llm.model.layers",
        tower_data_parallel=True,
    )


def _ears(keys: Keys) -> tuple[Block, ...]:
    """Whisper's encoder and two layers, whole on each rank."""
    part = keys.part("audio_config").with_defaults(WHISPER_DEFAULTS)
    hidden, heard = keys.int("hidden_size"), part.int("encoder_ffn_dim") // 4
    projector = (
        plain_linear("audio_projection_layer.linear1", heard, hidden),
        plain_linear("audio_projection_layer.linear2", hidden, hidden),
    )
    return (*plain_whisper(part, "apm"), Block(modules=projector))


def _version(keys: Keys) -> str:
    """Source: vllm.model_executor.models.minicpmv.get_version_by_config (0.33.0)."""
    stated = keys.raw("version")
    if stated is not None:
        return str(stated)
    first = (keys.int("hidden_size"), keys.int("query_num", default=0)) == (
        _FIRST_HIDDEN,
        _FIRST_QUERIES,
    )
    return "2.0" if first else "2.5"


def _tower(keys: Keys, *, timed: bool) -> tuple[Block, ...]:
    part = keys.part("vision_config")
    hidden = keys.int("hidden_size")
    tables: tuple[Module, ...] = (Buffer(name="resampler.pos_embed", elements=_POSITIONS * hidden),)
    if timed:
        tables += (Buffer(name="resampler.temporal_pos_embed", elements=_FRAMES * hidden),)
    attention = resampler(
        "resampler",
        queries=keys.int("query_num"),
        hidden=hidden,
        inputs=part.int("hidden_size"),
    )
    dropped = int(keys.flag("drop_vision_last_layer", default=True))
    return (*idefics(part, "vpm", dropped_layers=dropped), Block(modules=(*attention, *tables)))
