"""Plain data as YAML: plans, and what launchers write."""

from __future__ import annotations

import io
from typing import Any

#: lines are not folded: a command stays on one line
_ENDLESS = 1 << 20


def dump(*documents: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Documents in the order of their keys, a line a value, ``---`` between them."""
    # 30 ms, and only YAML needs it
    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # typed as None
    writer.width = _ENDLESS
    out = io.StringIO()
    writer.dump_all(documents, out)
    return out.getvalue()
