"""The JSON Schema of the data files, made from the dataclasses that read them."""
# ruff: noqa: ANN401, annotations are of any type

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from dataclasses import MISSING, is_dataclass
from datetime import date
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from planner.hardware.accelerator import Accelerator
from planner.hardware.cluster_file import ClusterFile
from planner.hardware.fabric import Fabric
from planner.hardware.kernels import Kernels
from planner.hardware.link import CpuLink, Link
from planner.hardware.measured import Collectives, LinkLatencies, NcclLatency, PriceList
from planner.hardware.mig import MigSet
from planner.hardware.node import NodeType
from planner.hardware.record import file_fields

#: what a file of each folder holds; the last is a user's own
KINDS: dict[str, type] = {
    "accelerators": Accelerator,
    "nodes": NodeType,
    "fabrics": Fabric,
    "fabrics/links": Link,
    "fabrics/cpu_links": CpuLink,
    "mig": MigSet,
    "collectives": Collectives,
    "collectives/nccl-latency": NcclLatency,
    "collectives/links": LinkLatencies,
    "kernels": Kernels,
    "prices": PriceList,
    "cluster.toml": ClusterFile,
}
_SCALARS: dict[type, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": 0},
    float: {"type": "number", "minimum": 0},
    date: {"type": "string", "format": "date"},
}


def schema_text() -> str:
    """``hardware_db/schema.json`` as it must be."""
    definitions: dict[str, Any] = {}
    for kind in KINDS.values():
        _define(kind, definitions)
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "generated from planner/hardware; do not edit",
        "title": "vllm-planner hardware data",
        "anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in KINDS.values()],
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(document, indent=1) + "\n"


def _define(kind: type, definitions: dict[str, Any]) -> None:
    if kind.__name__ in definitions:
        return
    definitions[kind.__name__] = {}
    texts = _field_texts(kind)
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, (spec, hint) in file_fields(kind).items():
        properties[name] = {"description": texts[name], **_schema(hint, definitions)}
        if spec.default is MISSING and spec.default_factory is MISSING:
            required.append(name)
    definitions[kind.__name__] = {
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _schema(next(a for a in args if a is not type(None)), definitions)
    if origin is Literal:
        return {"enum": list(args)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(args[1], definitions)}
    if origin is tuple:
        fixed = {} if args[-1] is Ellipsis else {"minItems": len(args), "maxItems": len(args)}
        return {"type": "array", "items": _schema(args[0], definitions), **fixed}
    if is_dataclass(hint) and isinstance(hint, type):
        _define(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return dict(_SCALARS[hint])


def _field_texts(kind: type) -> dict[str, str]:
    """The sentence under each field, which only the source text has; a base's fields too."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if is_dataclass(base):
            texts |= _own_texts(base)
    return texts


def _own_texts(kind: type) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    texts: dict[str, str] = {}
    field = ""
    for statement in body.body if isinstance(body, ast.ClassDef) else []:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            field = statement.target.id
        elif (
            field and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        ):
            texts[field] = inspect.cleandoc(str(statement.value.value))
            field = ""
    return texts
