"""What a scalar of a YAML file means: the core schema of YAML 1.2, and no dates."""

from __future__ import annotations

import re
from typing import Any

import yaml

#: base 10 takes time by the square of the digits
_MAX_DIGITS = 100
_TAG = "tag:yaml.org,2002:"
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INT = re.compile(r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def scalar(event: Any) -> Any:  # noqa: ANN401 - an event of PyYAML, and what it means
    """The value of a scalar: of what stands in quotes, or is tagged as one, the text.

    A tag that YAML does not know, such as ``!vault``, changes nothing.

    Source: YAML 1.2.2, 10.3.2 Tag Resolution; the go-yaml of Kubernetes and compose takes
    underscores in numbers too

    Raises:
        yaml.MarkedYAMLError: a number of more digits than anybody counts with.
    """
    text: str = event.value
    tag = event.tag or ""
    if tag == f"{_TAG}str" or not (event.implicit[0] or tag.startswith(_TAG)):
        return text
    first = text[:1]
    if first in "~nNtTfF":
        return None if text in _NULL else _BOOL.get(text, text)
    if first in "+-.0123456789":
        return _number(text, event)
    return text


def _number(text: str, event: Any) -> int | float | str:  # noqa: ANN401 - as above
    is_int = _INT.fullmatch(text)
    if not is_int and not _FLOAT.fullmatch(text):
        return float(text.replace(".", "", 1)) if _INFINITE.fullmatch(text) else text
    if len(text) > _MAX_DIGITS:
        problem = f"a number of {len(text):,} digits"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
    digits = text.replace("_", "")
    if not is_int:
        return float(digits)
    return int(digits, 0) if text[:2] in {"0o", "0x"} else int(digits)
