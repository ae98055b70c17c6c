"""A model directory or a config.json on this machine: its configuration and stored tensors."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.errors import InvalidInputError
from planner.frozen import frozen
from planner.model.config_file import CONFIG, MODELOPT, read_object, with_modelopt
from planner.model.safetensors_header import CheckpointFacts, read_checkpoint

if TYPE_CHECKING:
    from pathlib import Path


@frozen
class FoundFiles:
    """What was read of a model, wherever its files lay."""

    config: dict[str, Any]
    """config.json, with the quantization that ModelOpt keeps beside it."""
    checkpoint: CheckpointFacts | None
    """The stored tensors; None when there are none, or they could not be read."""
    notes: tuple[str, ...] = ()
    """What was not read, and why."""


def read_folder(folder: Path) -> FoundFiles:
    """The files of a model directory that say what it takes.

    A damaged or unfinished checkpoint is a note: the configuration still answers.

    Raises:
        InvalidInputError: no config.json, or one that cannot be read.
    """
    if not os.path.lexists(folder / CONFIG):
        raise InvalidInputError(
            f"{folder} has no {CONFIG}", cause=_instead(folder), fix="name a model directory"
        )
    config = read_object(folder / CONFIG)
    if os.path.lexists(folder / MODELOPT):
        config = with_modelopt(config, read_object(folder / MODELOPT))
    try:
        checkpoint, notes = read_checkpoint(folder), ()
    except InvalidInputError as error:
        return FoundFiles(
            config=config, checkpoint=None, notes=(f"checkpoint not read: {error.message}",)
        )
    return FoundFiles(config=config, checkpoint=logical(checkpoint, config), notes=notes)


def read_path(path: Path) -> FoundFiles:
    """A model directory, its config.json, or a configuration under another name alone.

    Raises:
        InvalidInputError: as ``read_folder``.
    """
    if os.path.isdir(path):  # noqa: PTH112 - answers no where pathlib raises
        return read_folder(path)
    if path.name == CONFIG:
        return read_folder(path.parent)
    return FoundFiles(config=read_object(path), checkpoint=None)


def logical(checkpoint: CheckpointFacts | None, config: dict[str, Any]) -> CheckpointFacts | None:
    """The facts without a parameter total where the stored elements are packed or scales."""
    parts = [config, *(part for part in config.values() if isinstance(part, dict))]
    quantized = any(part.get("quantization_config") for part in parts)
    quantized = quantized or bool(config.get("compression_config"))
    return replace(checkpoint, parameters=None) if checkpoint and quantized else checkpoint


def _instead(folder: Path) -> str:
    """What lies there that a user may have taken for a model, for the error's cause."""
    try:
        names = {entry.name for entry in os.scandir(folder)}
    except OSError as error:
        return str(error.strerror)
    if "params.json" in names:
        return "it holds params.json, Mistral's own format"
    if any(name.endswith(".gguf") for name in names):
        return "it holds a GGUF file, which has no config.json"
    return f"it holds {len(names)} other files" if names else "it is empty"
