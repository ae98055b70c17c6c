"""Add releases of vLLM to the table of model classes, read from their sources.

Only the source is read, nothing of vLLM is run: an unpacked wheel will do, without torch. Each
folder is named by its release and holds ``vllm``; releases already in the table are passed over.

Usage: ``python -m scripts.releases.model_classes FOLDER/0.33.0 …``
"""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from planner.vllm.registry import ModelClass, read_classes
from planner.vllm.spans import ReleaseNumber, Spans, release_name
from scripts.releases.source import Package, Wheel, tables, takes, wheels

if TYPE_CHECKING:
    from collections.abc import Mapping

TARGET = Path(__file__).resolve().parents[2] / "planner/vllm/model_classes.toml"
MODELS = "vllm.model_executor.models"
#: tables of the registry's module that are no registry
OTHER = {"_MODELS", "_OOT_MODELS", "_PREVIOUSLY_SUPPORTED_MODELS", "_OOT_SUPPORTED_MODELS"}
HEADER = """\
# The model classes of vLLM: the releases that serve each, and where it is not all of them, those
# that cut it into pipeline stages (pp) and give it LoRA adapters (lora). 0.6.0 is from then on,
# 0.6.0-0.24.0 to the last that has it. Written by scripts/releases/model_classes.py from
# vllm.model_executor.models; do not edit by hand.

"""


def main() -> None:
    """Write the table with the releases of some folders added."""
    text = TARGET.read_text(encoding="utf-8") if TARGET.is_file() else ""
    known = read_classes(text)
    read, plugin = list(known.read), dict(known.plugin)
    classes = {name: entry for name in known.lines if (entry := known.find(name))}
    for wheel in wheels(sys.argv[1:], read[-1] if read else (0, 0, 0)):
        classes = merged(classes, observed(wheel), wheel.release, read[-1] if read else None)
        read.append(wheel.release)
        outside = _registry(wheel).get("_OOT_SUPPORTED_MODELS", {})
        plugin |= {name: str(where) for name, where in outside.items()}
        print(f"{release_name(wheel.release)}: {len(classes)} classes so far")
    TARGET.write_text(written(read, classes, plugin), encoding="utf-8")


def observed(wheel: Wheel) -> dict[str, tuple[bool, bool]]:
    """The classes of one release: whether each has pipeline parallelism, and LoRA."""
    stages = _listed_for_pipelines(wheel.folder)
    found: dict[str, tuple[bool, bool]] = {}
    for name, table in _registry(wheel).items():
        if name in OTHER or not name.endswith(("_MODELS", "_MODEL")):
            continue
        for architecture, place in table.items():
            if isinstance(place, tuple):
                pp, lora = _traits(wheel.package, *place)
                found[architecture] = (
                    (pp if stages is None else architecture in stages),
                    lora,
                )
    return found


def _registry(wheel: Wheel) -> dict[str, dict[str, object]]:
    folder = wheel.folder / "model_executor/models"
    path = folder / "registry.py"
    if not path.is_file():
        path = folder / "__init__.py"
    return tables(path.read_text(encoding="utf-8"))


def _traits(package: Package, module: str, name: str) -> tuple[bool, bool]:
    """Source: vllm.model_executor.models.interfaces.supports_pp, supports_lora (0.33.0)."""
    dotted = module if module.startswith("vllm.") else f"{MODELS}.{module}"
    lineage = package.lineage(dotted, name)
    pp = "SupportsPP" in lineage and takes(lineage, "forward", "intermediate_tensors")
    return pp, "SupportsLoRA" in lineage


def _listed_for_pipelines(folder: Path) -> list[str] | None:
    """The classes that releases before 0.6.3 list; later ones ask the class."""
    path = folder / "config.py"
    if not path.is_file():
        return None
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_PP_SUPPORTED_MODELS":
            return list(ast.literal_eval(node.value))
    return None


def merged(
    classes: Mapping[str, ModelClass],
    now: Mapping[str, tuple[bool, bool]],
    release: ReleaseNumber,
    before: ReleaseNumber | None,
) -> dict[str, ModelClass]:
    """The table with one more release."""
    result: dict[str, ModelClass] = {}
    for name in sorted({*classes, *now}):
        old = classes.get(name, ModelClass(name=name))
        pp, lora = now.get(name, (False, False))
        result[name] = replace(
            old,
            served=old.served.observed(release, before, has=name in now),
            pipeline=old.pipeline.observed(release, before, has=pp),
            lora=old.lora.observed(release, before, has=lora),
        )
    return result


def written(
    read: list[ReleaseNumber], classes: Mapping[str, ModelClass], plugin: Mapping[str, str]
) -> str:
    """The data file."""
    # one text for all: a table of hundreds takes milliseconds to read
    lines = [HEADER + "read = '''", " ".join(map(release_name, read)), "'''", "", "classes = '''"]
    lines += [_line(entry) for entry in classes.values()]
    lines += ["'''", "", "# served by a plug-in of its own", "[plugin]"]
    lines += [f"{name} = {json.dumps(plugin[name])}" for name in sorted(plugin)]
    return "\n".join(lines) + "\n"


def _line(entry: ModelClass) -> str:
    words = [entry.name, str(entry.served)]
    for label, spans in (("pp", entry.pipeline), ("lora", entry.lora)):
        if spans != Spans():
            words.append(label if spans == entry.served else f"{label}={spans}")
    return " ".join(words)


if __name__ == "__main__":
    main()
