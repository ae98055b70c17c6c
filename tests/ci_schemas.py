"""The published schemas of CI systems, from tests/data/ci."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import xmlschema

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_FOLDER = Path(__file__).parent / "data" / "ci"


@cache
def schema(name: str) -> Validator:
    """The validator of a schema, such as ``sarif-2.1.0``, by the name of its file."""
    read = json.loads(gzip.decompress((_FOLDER / f"{name}.json.gz").read_bytes()))
    return jsonschema.validators.validator_for(read)(
        read, format_checker=jsonschema.FormatChecker()
    )


@cache
def xml_schema(name: str) -> xmlschema.XMLSchema:
    """The same for XML, such as ``junit-10``."""
    return xmlschema.XMLSchema(gzip.decompress((_FOLDER / f"{name}.xsd.gz").read_bytes()).decode())
