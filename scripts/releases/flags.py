"""Add releases of vLLM to the table of options of ``vllm serve``, read from their sources.

Only the source is read, nothing of vLLM is run: an unpacked wheel will do, without torch. Each
folder is named by its release and holds ``vllm``; releases already in the table are passed over.

Usage: ``python -m scripts.releases.flags FOLDER/0.33.0 …``
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from planner.vllm.flags import OptionTable, read_table
from planner.vllm.spans import ReleaseNumber, Spans, release_name
from scripts.releases.source import wheels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TARGET = Path(__file__).resolve().parents[2] / "planner/vllm/options.toml"
#: the files whose ``add_argument`` calls make the parser of ``vllm serve``, where they exist
PARSERS = (
    "engine/arg_utils.py",
    "entrypoints/common/cli_args.py",
    "entrypoints/launchers/cli_args.py",
    "entrypoints/openai/cli_args.py",
    "entrypoints/cli/serve.py",
    "scripts.py",
)
#: what a program gives to vllm.LLM
OFFLINE = "entrypoints/llm.py"
#: annotations of values that are no text, though text may be one way to write them
NO_TEXT = {"bool", "int", "float", "dict", "list", "set", "tuple", "type", "Any"}
#: where a file has the parsers of all commands, the variable of this one
OWN_PARSER = {"scripts.py": "serve_parser"}
#: lists that the class itself turns into one JSON value or a repeated option
SINGLE = {"allowed_origins", "allowed_methods", "allowed_headers", "middleware"}
SINGLE |= {"disable_access_log_for_endpoints"}
HEADER = """\
# The options of `vllm serve`: what follows each, and the releases that take it. 0.6.0 is from then
# on, 0.6.0-0.15.1 to the last that does. Written by scripts/releases/flags.py from
# vllm.engine.arg_utils and vllm.entrypoints; do not edit by hand.
#
# switch    nothing follows; --no-x and, for --enable-x, --disable-x turn it off
# on        nothing follows; cannot be turned off
# optional  one value may follow
# value     one value follows
# list      one value or more follow
#
# A second line tells what vllm.LLM takes too: keyword, a number, a switch or what JSON holds;
# text-keyword, text.

"""


def _annotating(package: Path) -> list[Path]:
    """The files whose classes and types the options are made of."""
    configs = [*sorted(package.glob("config/*.py")), package / "config.py"]
    return [*configs, *(package / name for name in PARSERS)]


def numbers(package: Path) -> set[str]:
    """Types that are one of a few numbers: ``MaxLoRARanks = Literal[1, 8]``."""
    return {
        target.id
        for path in _annotating(package)
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Assign) and _is_numbers(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_numbers(node: ast.expr) -> bool:
    if not isinstance(node, ast.Subscript) or ast.unparse(node.value) != "Literal":
        return False
    each = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return all(isinstance(value, ast.Constant) and type(value.value) is int for value in each)


def annotated_fields(package: Path) -> dict[str, dict[str, str]]:
    """The annotation of each field, by class; a field of a base class counts for its children."""
    fields: dict[str, dict[str, str]] = {}
    for path in _annotating(package):
        for node in ast.walk(_tree(path)):
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


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8") if path.is_file() else "")


def kind_of_annotation(annotation: str) -> str:
    """What follows an option whose field has this annotation, as ``_compute_kwargs`` decides."""
    words = words_of(annotation)
    if "bool" in words:
        return "optional" if "str" in words else "switch"
    return "list" if words & {"list", "set", "tuple"} else "value"


def words_of(annotation: str) -> set[str]:
    """The types that a value may have, without their parameters and in small letters as now."""
    inside = annotation.replace(" ", "")
    while match := re.fullmatch(r"(?:Optional|Union|Annotated|SkipValidation)\[(.*)\]", inside):
        inside = match[1].replace(",", "|")
    old = {"List": "list", "Dict": "dict", "Set": "set", "Tuple": "tuple", "Type": "type"}
    return {old.get(word, word) for word in (w.split("[")[0] for w in inside.split("|"))}


def kind_of_keywords(keywords: dict[str, str]) -> str:
    """What follows an option that a call of ``add_argument`` describes by itself."""
    if keywords.get("action", "").endswith("BooleanOptionalAction"):
        return "switch"
    if keywords.get("action") in {"'store_true'", "'store_false'"}:
        return "on"
    if keywords.get("nargs") == "'?'":
        return "optional"
    return "list" if "nargs" in keywords else "value"


def options(package: Path) -> Iterator[tuple[str, str]]:
    """Each spelling of each option with its kind."""
    fields = annotated_fields(package)
    for path in PARSERS:
        tree = _tree(package / path)
        sources = dict(_config_variables(tree))
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            owner = ast.unparse(call.func.value)
            if call.func.attr == "add_argument" and owner == OWN_PARSER.get(path, owner):
                names = [a.value for a in call.args if isinstance(a, ast.Constant)]
                kind = _kind(call, sources, fields)
                yield from ((str(n), kind) for n in names if str(n).startswith("-"))
    for field, annotation in fields.get("FrontendArgs", {}).items():
        kind = "value" if field in SINGLE else kind_of_annotation(annotation)
        yield f"--{field.replace('_', '-')}", kind


def _config_variables(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """``model_kwargs = get_kwargs(ModelConfig)`` as (model_kwargs, ModelConfig)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("get_kwargs("):
            yield ast.unparse(node.targets[0]), ast.unparse(node.value)[11:].split(")")[0]


def _kind(call: ast.Call, sources: dict[str, str], fields: dict[str, dict[str, str]]) -> str:
    keywords = {k.arg: ast.unparse(k.value) for k in call.keywords if k.arg}
    if keywords.keys() & {"action", "nargs"}:
        return kind_of_keywords(keywords)
    spread = [k.value for k in call.keywords if k.arg is None]
    for node in (n for value in spread for n in ast.walk(value)):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) in sources:
            config = sources[ast.unparse(node.value)]
            return kind_of_annotation(fields[config].get(ast.literal_eval(node.slice), ""))
    return kind_of_keywords(keywords)


def merged(
    table: OptionTable, now: set[tuple[str, str]], release: ReleaseNumber
) -> Mapping[tuple[str, str], Spans]:
    """The table with one more release."""
    before = table.read[-1] if table.read else None
    rows = {row: Spans() for row in now} | dict(table.rows)
    return {
        row: spans.observed(release, before, has=row in now) for row, spans in sorted(rows.items())
    }


def offline(package: Path) -> Iterator[tuple[str, str]]:
    """Options that are keywords of ``vllm.LLM`` too, each with what its value is."""
    keywords = dict(annotated_fields(package)["EngineArgs"])
    for node in ast.walk(ast.parse((package / OFFLINE).read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            keywords |= {
                each.arg: ast.unparse(each.annotation)
                for each in (*node.args.args, *node.args.kwonlyargs)
                if each.annotation and each.arg not in keywords
            }
    no_text = NO_TEXT | numbers(package)
    for name, annotation in keywords.items():
        words = words_of(annotation)
        data = words & no_text or any(word.endswith(("Config", "Overrides")) for word in words)
        yield f"--{name.replace('_', '-')}", "keyword" if data else "text-keyword"


def main() -> None:
    """Write the table with the releases of some folders added."""
    table = read_table(TARGET.read_text(encoding="utf-8") if TARGET.is_file() else "")
    for wheel in wheels(sys.argv[1:], table.read[-1] if table.read else (0, 0, 0)):
        now = dict(options(wheel.folder))
        as_keywords = {(flag, kind) for flag, kind in offline(wheel.folder) if flag in now}
        rows = merged(table, {*now.items(), *as_keywords}, wheel.release)
        table = OptionTable(read=(*table.read, wheel.release), rows=rows)
        print(f"{release_name(wheel.release)}: {len(now)} spellings")
    lines = [HEADER + "read = '''", " ".join(map(release_name, table.read)), "'''", ""]
    lines += ["options = '''", *(f"{f} {k} {spans}" for (f, k), spans in table.rows.items())]
    TARGET.write_text("\n".join([*lines, "'''"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
