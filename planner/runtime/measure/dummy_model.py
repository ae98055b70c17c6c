"""A model directory made of a configuration alone: all that vLLM needs for dummy weights."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.model.overrides import overridden

if TYPE_CHECKING:
    from collections.abc import Mapping

#: what leads to code that the checkpoint would bring, and the note that there was some
_REMOTE_CODE = ("auto_map", "has_remote_code")
_GPTQ_MODULES = "modules_in_block_to_quantize"
_MODELOPT_KEPT = "exclude_modules"
_KEPT = "ignore"
_CONFIG = "config.json"
#: what a directory has beside configuration and weights: tokenizer, processors, chat template
_TEXT_FILES = {".json", ".jinja", ".model", ".tiktoken", ".txt"}
_WEIGHT_INDEX = ".index.json"
_TOKENIZERS = {"tokenizer.json", "tokenizer_config.json", "tokenizer.model"}


def dummy_config(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that vLLM is given.

    Overrides go in before anyone reads the file, into nested parts too, so what is derived from
    a changed value follows it. Code of the checkpoint's own is left out.

    Modules that ModelOpt left alone get the name that every release reads: 0.26 reads no other
    in config.json. Up to 0.26 vLLM learns from the checkpoint's headers which modules GPTQ
    quantized, and takes a model without headers for one that is not quantized: here the
    configuration says that all linear layers are.
    Source: vllm.model_executor.layers.quantization.auto_gptq.AutoGPTQConfig.maybe_update_config,
    .utils.gptq_utils.is_layer_gptq_quantized (0.32.0), .modelopt.ModelOptQuantConfigBase
    .from_config (0.26.0, 0.33.0)

    >>> dummy_config({"a": {"b": 1, "c": 2}, "auto_map": {}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    merged = overridden(config, overrides)
    for key in _REMOTE_CODE:
        merged.pop(key, None)
    quantization = merged.get("quantization_config")
    if isinstance(quantization, dict) and quantization.get("quant_method") == "gptq":
        # a part of a module's path counts, and every path has a dot
        merged["quantization_config"] = {_GPTQ_MODULES: ["."], **quantization}
    if isinstance(quantization, dict) and _MODELOPT_KEPT in quantization:
        kept = quantization[_MODELOPT_KEPT]
        merged["quantization_config"] = {_KEPT: kept, **quantization}
    return merged


def fingerprint(config: Mapping[str, Any]) -> str:
    """The configuration's SHA-256, whatever the order of its keys."""
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def write_model(config: Mapping[str, Any], model: str, parent: Path) -> Path:
    """Make the directory, named after the model and its configuration.

    A model's own directory gives its tokenizer and processors too: vLLM sizes an encoder by what
    the processor makes of the largest picture.

    Args:
        config: of ``dummy_config``.
        model: as the user typed it: an id or a path.
        parent: the folder to make it in.
    """
    folder = parent / f"{basename(model)}-{fingerprint(config)[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _CONFIG).write_text(json.dumps(config, indent=2), encoding="utf-8")
    for file in _beside(Path(model)):
        link = folder / file.name
        if not link.is_symlink():
            link.symlink_to(file.resolve())
    return folder


def has_tokenizer(folder: Path) -> bool:
    """Whether the directory of a model holds a tokenizer."""
    return any((folder / name).is_file() for name in _TOKENIZERS)


def _beside(path: Path) -> list[Path]:
    """The files of a model's own directory, without configuration and weights."""
    folder = path.parent if path.name == _CONFIG else path
    if not folder.is_dir():
        return []
    return [
        file
        for file in sorted(folder.iterdir())
        if file.suffix in _TEXT_FILES
        and file.name != _CONFIG
        and not file.name.endswith(_WEIGHT_INDEX)
        and file.is_file()
    ]


def basename(model: str) -> str:
    """The last part of a model's id or path that names it, fit for a file name.

    >>> basename("Qwen/Qwen3-8B"), basename("models/tiny/config.json")
    ('Qwen3-8B', 'tiny')
    """
    parts = [part for part in model.split("/") if part not in {"", ".", "..", "config.json"}]
    last = parts[-1].removesuffix(".json") if parts else "model"
    return re.sub(r"[^\w.-]+", "-", last)
