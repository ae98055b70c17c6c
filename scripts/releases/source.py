"""Read the classes of an unpacked vLLM from its source: nothing of it is imported or run."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from planner.vllm.spans import ReleaseNumber, release_number

if TYPE_CHECKING:
    from collections.abc import Iterator

#: modules whose classes are interfaces: they state methods that a model's class overrides
_INTERFACES = ("interfaces", "interfaces_base")


@dataclass(frozen=True)
class Module:
    """What a module defines and what it takes from others: name -> (module, name there)."""

    classes: dict[str, ast.ClassDef]
    imported: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Package:
    """The folder ``vllm`` of an unpacked wheel."""

    folder: Path
    modules: dict[str, Module | None] = field(default_factory=dict)

    def module(self, dotted: str) -> Module | None:
        """A module by its dotted name, read once; None where the package has none."""
        if dotted not in self.modules:
            self.modules[dotted] = self._read(dotted)
        return self.modules[dotted]

    def _read(self, dotted: str) -> Module | None:
        base = self.folder.parent.joinpath(*dotted.split("."))
        path = base.with_suffix(".py")
        inside = dotted.rpartition(".")[0]
        if not path.is_file():
            path, inside = base / "__init__.py", dotted
        if not path.is_file():
            return None
        tree = ast.parse(path.read_text(encoding="utf-8"))
        return Module(
            classes={n.name: n for n in ast.walk(tree) if isinstance(n, ast.ClassDef)},
            imported=dict(_imports(tree, inside)) | dict(_aliases(tree, dotted)),
        )

    def lineage(self, dotted: str, name: str) -> dict[str, tuple[str, ast.ClassDef]]:
        """A class and all it inherits from, by name: the module of each, and its source."""
        found: dict[str, tuple[str, ast.ClassDef]] = {}
        self._collect(dotted, name, found)
        return found

    def _collect(self, dotted: str, name: str, found: dict[str, tuple[str, ast.ClassDef]]) -> None:
        place = self._find(dotted, name)
        if place is None or place[1].name in found:
            return
        module, node = place
        found[node.name] = place
        for base in node.bases:
            parent = base.args[0] if isinstance(base, ast.Call) and base.args else base
            while isinstance(parent, ast.Subscript):
                parent = parent.value
            if isinstance(parent, ast.Name):
                self._collect(module, parent.id, found)

    def _find(self, dotted: str, name: str) -> tuple[str, ast.ClassDef] | None:
        seen = set[tuple[str, str]]()
        while (dotted, name) not in seen:
            seen.add((dotted, name))
            module = self.module(dotted)
            if module is None:
                return None
            if name in module.classes:
                return dotted, module.classes[name]
            dotted, name = module.imported.get(name, (dotted, name))
        return None


def takes(lineage: dict[str, tuple[str, ast.ClassDef]], method: str, argument: str) -> bool:
    """Whether a class's method takes an argument by name; interfaces do not count."""
    for module, node in lineage.values():
        if module.rpartition(".")[2] in _INTERFACES:
            continue
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == method:
                given = {a.arg for a in (*item.args.args, *item.args.kwonlyargs)}
                return argument in given or item.args.kwarg is not None
    return True


@dataclass(frozen=True)
class Wheel:
    """One unpacked release."""

    release: ReleaseNumber
    package: Package

    @cached_property
    def folder(self) -> Path:
        """Its folder ``vllm``."""
        return self.package.folder


def wheels(folders: list[str], newer_than: ReleaseNumber) -> Iterator[Wheel]:
    """Unpacked releases in order: each folder is named by its release and holds ``vllm``.

    A ``.post`` release is read as the release it mends.
    """
    found = {release_number(Path(f).name): Path(f) / "vllm" for f in sorted(folders)}
    for release in sorted(found):
        if release > newer_than:
            yield Wheel(release=release, package=Package(folder=found[release]))


def tables(source: str) -> dict[str, dict[str, object]]:
    """The dictionaries that a module spells out, by name."""
    found: dict[str, dict[str, object]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                found[target.id] = {
                    str(ast.literal_eval(key)): ast.literal_eval(value)
                    for key, value in zip(node.value.keys, node.value.values, strict=True)
                    if key is not None and not isinstance(value, ast.Name)
                }
    return found


def _imports(tree: ast.AST, inside: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            above = inside.split(".")[: len(inside.split(".")) - node.level + 1]
            parts = [*(above if node.level else []), *([node.module] if node.module else [])]
            for name in node.names:
                yield name.asname or name.name, (".".join(parts), name.name)


def _aliases(tree: ast.AST, dotted: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """``New = Old`` names the same class again."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id != node.value.id:
                    yield target.id, (dotted, node.value.id)
