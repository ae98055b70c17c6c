"""Write the model classes of transformers that vLLM can run through its Transformers backend.

Only the source is read, nothing of transformers is run: an unpacked wheel will do, without torch.
vLLM asks whether a class takes its attention from outside, and reads the softmax scale off the
source of the attention module.

Usage: ``python -m scripts.releases.transformers_classes FOLDER_OF_THE_PACKAGE VERSION``
"""

from __future__ import annotations

import ast
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "planner" / "vllm" / "transformers_classes.toml"
REGISTRY = "ALL_ATTENTION_FUNCTIONS"
ATTENTION = re.compile(r"^class \w*Attention\w*\(nn\.Module\):", re.MULTILINE)
BASE = "PreTrainedModel"
#: how the classes are called that a config.json may name
NAMED = re.compile(r"(?<!PreTrained)Model$|For[A-Z]\w+$")
#: attention of images and sound, which vLLM's backend leaves to transformers
TOWER = re.compile("Vision|Image|Audio")
HEADER = """\
# Model classes that vLLM runs through its Transformers backend, of transformers {version}.
# Written by scripts/releases/transformers_classes.py; do not edit by hand.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """What the files say: each model class with its bases, and what bears on the backend."""

    bases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    takes_attention: set[str] = field(default_factory=set)
    public: set[str] = field(default_factory=set)
    scales: dict[str, str] = field(default_factory=dict)
    """class -> the expression of its softmax scale, where vLLM cannot read it"""

    def lines(self, name: str) -> Iterator[str]:
        """A class and all it inherits from."""
        yield name
        for base in self.bases.get(name, ()):
            yield from self.lines(base)

    def compatible(self) -> list[str]:
        """The public models that take attention from outside.

        Source: transformers.PreTrainedModel.is_backend_compatible and
        ._can_set_attn_implementation (5.19), as
        vllm.model_executor.models.registry._ModelRegistry._try_resolve_transformers asks (0.33.0)
        """
        return sorted(
            name
            for name in self.public
            if NAMED.search(name)
            and BASE in (lines := set(self.lines(name)))
            and lines & self.takes_attention
        )


def read(package: Path) -> Classes:
    """Every modelling file of the package."""
    found = Classes()
    for path in sorted((package / "models").glob("*/modeling_*.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        can_set = not ATTENTION.search(text) or f"{REGISTRY}.get_interface(" in text
        scales = [scale for node in classes for scale in _unreadable(node)]
        for node in classes:
            found.bases[node.name] = tuple(ast.unparse(base) for base in node.bases)
            if can_set or _declares(node):
                found.takes_attention.add(node.name)
            if scales:
                found.scales[node.name] = scales[0]
        found.public.update(_exported(tree))
    return found


def _exported(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield from ast.literal_eval(node.value)


def _declares(node: ast.ClassDef) -> bool:
    return any(
        isinstance(line, ast.Assign) and ast.unparse(line) == "_supports_attention_backend = True"
        for line in node.body
    )


def _unreadable(node: ast.ClassDef) -> Iterator[str]:
    """The softmax scale of an attention module, unless a literal or an attribute of it.

    Source: vllm.model_executor.models.transformers.fusers.attention (0.33.0)
    """
    if TOWER.search(node.name):
        return
    for forward in node.body:
        if isinstance(forward, ast.FunctionDef) and forward.name == "forward":
            calls = list(_interface_calls(forward))
            given = [k.value for call in calls for k in call.keywords if k.arg == "scaling"]
            if len(calls) == 1 and given and not _readable(given[0]):
                yield ast.unparse(given[0])


def _interface_calls(forward: ast.FunctionDef) -> Iterator[ast.Call]:
    names: set[str] = set()
    for node in ast.walk(forward):
        if isinstance(node, ast.Assign | ast.AnnAssign) and REGISTRY in ast.unparse(node):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    for node in ast.walk(forward):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def _readable(node: ast.expr) -> bool:
    of_self = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"
    return of_self or isinstance(node, ast.Constant)


def toml(found: Classes, version: str) -> str:
    """The data file."""
    names = found.compatible()
    lines = [HEADER.format(version=version), "compatible = ["]
    lines += [f"    {json.dumps(name)}," for name in names]
    lines += ["]", "", "# the softmax scale that vLLM cannot read", "[unreadable_scale]"]
    lines += [
        f"{name} = {json.dumps(found.scales[name])}" for name in names if name in found.scales
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the package, write the file."""
    package, version = Path(sys.argv[1]), sys.argv[2]
    found = read(package)
    TARGET.write_text(toml(found, version), encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(found.compatible())} classes")


if __name__ == "__main__":
    main()
