"""Write the model classes one release of vLLM serves, read from its source.

Only the source is read, nothing of vLLM is run: an unpacked wheel will do, without torch.

Usage: ``python scripts/vllm_model_classes.py FOLDER_OF_THE_PACKAGE VERSION``
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGISTRY = "model_executor/models/registry.py"
SERVED = (
    "_TEXT_GENERATION_MODELS",
    "_EMBEDDING_MODELS",
    "_LATE_INTERACTION_MODELS",
    "_REWARD_MODELS",
    "_TOKEN_CLASSIFICATION_MODELS",
    "_SEQUENCE_CLASSIFICATION_MODELS",
    "_MULTIMODAL_MODELS",
    "_SPECULATIVE_DECODING_MODELS",
    "_TRANSFORMERS_SUPPORTED_MODELS",
    "_TRANSFORMERS_BACKEND_MODELS",
)
HEADER = """\
# The model classes of vLLM {version}. Written by scripts/vllm_model_classes.py from
# vllm.model_executor.models.registry; do not edit by hand.
"""


def tables(source: str) -> dict[str, dict[str, object]]:
    """The registry's dictionaries that are spelt out, by name."""
    found: dict[str, dict[str, object]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            target = node.targets[0]
            if isinstance(target, ast.Name):
                found[target.id] = {
                    str(ast.literal_eval(key)): ast.literal_eval(value)
                    for key, value in zip(node.value.keys, node.value.values, strict=True)
                    if key is not None and not isinstance(value, ast.Name)
                }
    return found


def toml(found: dict[str, dict[str, object]], version: str) -> str:
    """The data file."""
    served = sorted({name for table in SERVED for name in found.get(table, {})})
    # one text for all: a list of hundreds takes milliseconds to read
    lines = [HEADER.format(version=version), "served = '''", *served]
    lines += ["'''", "", "# the last release that served it", "[removed]"]
    removed = found["_PREVIOUSLY_SUPPORTED_MODELS"]
    lines += [f"{name} = {json.dumps(removed[name])}" for name in sorted(removed)]
    lines += ["", "# served by a plug-in of its own", "[plugin]"]
    plugin = found["_OOT_SUPPORTED_MODELS"]
    lines += [f"{name} = {json.dumps(plugin[name])}" for name in sorted(plugin)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the registry, write the file."""
    package, version = Path(sys.argv[1]), sys.argv[2]
    found = tables((package / REGISTRY).read_text(encoding="utf-8"))
    target = ROOT / f"planner/vllm/model_classes/{version}.toml"
    target.write_text(toml(found, version), encoding="utf-8")
    print(f"{target.relative_to(ROOT)}: {len(found['_TEXT_GENERATION_MODELS'])} text classes")


if __name__ == "__main__":
    main()
