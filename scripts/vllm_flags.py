"""Write the options that ``vllm serve`` of one release takes, read from its source.

Only the source is read, nothing of vLLM is run: an unpacked wheel will do, without torch.

Usage: ``python scripts/vllm_flags.py FOLDER_OF_THE_PACKAGE VERSION``
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
#: the files whose ``add_argument`` calls make the parser of ``vllm serve``
PARSERS = ("engine/arg_utils.py", "entrypoints/common/cli_args.py")
#: what a program gives to vllm.LLM
OFFLINE = "entrypoints/llm.py"
#: annotations of values that are no text, though text may be one way to write them
NO_TEXT = {"bool", "int", "float", "dict", "list", "set", "tuple", "type", "Any"}
#: classes whose every field is an option, without a call that names it
FRONTEND = ("BaseFrontendArgs", "FrontendArgs")
HEADER = """\
# The options of `vllm serve` {version} by what follows them. Written by scripts/vllm_flags.py
# from vllm.engine.arg_utils and vllm.entrypoints.common.cli_args; do not edit by hand.
version = "{version}"
"""
MEANING = {
    "switch": "nothing follows; --no-x and, for --enable-x, --disable-x turn it off",
    "on": "nothing follows; cannot be turned off",
    "optional": "one value may follow",
    "value": "one value follows",
    "list": "one value or more follow",
}
OFFLINE_MEANING = {
    "offline": "vllm.LLM takes them too, as a number, a switch or what JSON holds",
    "offline_text": "vllm.LLM takes them too, as text",
}


def annotated_fields(package: Path) -> dict[str, dict[str, str]]:
    """The annotation of each field, by class; a field of a base class counts for its children."""
    fields: dict[str, dict[str, str]] = {}
    for path in [*sorted(package.glob("config/*.py")), *(package / p for p in PARSERS)]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                own = {
                    item.target.id: ast.unparse(item.annotation)
                    for item in node.body
                    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
                }
                bases = [b.id for b in node.bases if isinstance(b, ast.Name)]
                inherited = {k: v for b in bases for k, v in fields.get(b, {}).items()}
                fields[node.name] = inherited | own
    return fields


def kind_of_annotation(annotation: str) -> str:
    """What follows an option whose field has this annotation, as ``_compute_kwargs`` decides."""
    words = {w.split("[")[0] for w in annotation.replace(" ", "").split("|")}
    if "bool" in words:
        return "optional" if "str" in words else "switch"
    return "list" if words & {"list", "set", "tuple"} else "value"


def kind_of_keywords(keywords: dict[str, str]) -> str:
    """What follows an option that a call of ``add_argument`` describes by itself."""
    if keywords.get("action") == "argparse.BooleanOptionalAction":
        return "switch"
    if keywords.get("action") == "'store_true'":
        return "on"
    return "list" if "nargs" in keywords else "value"


def options(package: Path) -> Iterator[tuple[str, str]]:
    """Each spelling of each option with its kind."""
    fields = annotated_fields(package)
    for path in PARSERS:
        tree = ast.parse((package / path).read_text())
        sources = dict(_config_variables(tree))
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".add_argument"):
                names = [a.value for a in call.args if isinstance(a, ast.Constant)]
                kind = _kind(call, sources, fields)
                yield from ((str(n), kind) for n in names if str(n).startswith("-"))
    for field, annotation in fields["FrontendArgs"].items():
        # lists that the class itself turns into one JSON value or a repeated option
        single = {"allowed_origins", "allowed_methods", "allowed_headers", "middleware"}
        single |= {"disable_access_log_for_endpoints"}
        kind = "value" if field in single else kind_of_annotation(annotation)
        yield f"--{field.replace('_', '-')}", kind


def _config_variables(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """``model_kwargs = get_kwargs(ModelConfig)`` as (model_kwargs, ModelConfig)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("get_kwargs("):
            yield ast.unparse(node.targets[0]), ast.unparse(node.value)[11:].split(")")[0]


def _kind(call: ast.Call, sources: dict[str, str], fields: dict[str, dict[str, str]]) -> str:
    spread = [k.value for k in call.keywords if k.arg is None]
    for node in (n for value in spread for n in ast.walk(value)):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) in sources:
            config = sources[ast.unparse(node.value)]
            return kind_of_annotation(fields[config].get(ast.literal_eval(node.slice), ""))
    return kind_of_keywords({k.arg: ast.unparse(k.value) for k in call.keywords if k.arg})


def offline(package: Path) -> dict[str, set[str]]:
    """Options that are keywords of ``vllm.LLM`` too, by what their value is."""
    keywords = dict(annotated_fields(package)["EngineArgs"])
    for node in ast.walk(ast.parse((package / OFFLINE).read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            keywords |= {
                each.arg: ast.unparse(each.annotation)
                for each in node.args.kwonlyargs
                if each.annotation and each.arg not in keywords
            }
    found: dict[str, set[str]] = {kind: set() for kind in OFFLINE_MEANING}
    for name, annotation in keywords.items():
        words = {w.split("[")[0] for w in annotation.replace(" ", "").split("|")}
        data = words & NO_TEXT or any(word.endswith(("Config", "Overrides")) for word in words)
        found["offline" if data else "offline_text"].add(f"--{name.replace('_', '-')}")
    return found


def main() -> None:
    """Write ``planner/vllm/options/<version>.toml``."""
    package, version = Path(sys.argv[1]), sys.argv[2]
    by_kind: dict[str, set[str]] = defaultdict(set)
    for name, kind in options(package):
        by_kind[kind].add(name)
    text = HEADER.format(version=version)
    known = set().union(*by_kind.values())
    for kind, flags in offline(package).items():
        by_kind[kind] = flags & known
    for kind, meaning in (MEANING | OFFLINE_MEANING).items():
        names = "".join(f'    "{name}",\n' for name in sorted(by_kind[kind]))
        text += f"# {meaning}\n{kind} = [\n{names}]\n"
    target = ROOT / "planner/vllm/options" / f"{version}.toml"
    target.write_text(text)
    print(f"{target.relative_to(ROOT)}: {len(known)} spellings")


if __name__ == "__main__":
    main()
