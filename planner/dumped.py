"""Plain data as YAML: plans, and what launchers write."""

from __future__ import annotations

import io
from typing import Any

#: lines are not folded: a command stays on one line
_ENDLESS = 1 << 20
#: line breaks and a mark that YAML keeps only where they are escaped
_ESCAPED = frozenset("\x85\u2028\u2029\ufeff")


def dump(*documents: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Documents in the order of their keys, a line a value, ``---`` between them.

    Pairs that stand in a list, such as lengths of requests, have a line each.
    """
    # 30 ms, and only YAML needs it
    from ruamel.yaml import YAML
    from ruamel.yaml.nodes import SequenceNode
    from ruamel.yaml.representer import SafeRepresenter

    class Representer(SafeRepresenter):
        """Plain data, with every text as it is, written out wherever it stands."""

        def ignore_aliases(self, _data: object) -> bool:
            return True

    def listed(of: SafeRepresenter, values: list[Any]) -> Any:  # noqa: ANN401 - as below
        node = of.represent_sequence("tag:yaml.org,2002:seq", values)
        for inner in node.value:
            if isinstance(inner, SequenceNode):
                inner.flow_style = True
        return node

    def text(of: SafeRepresenter, value: str) -> Any:  # noqa: ANN401 - a node of ruamel's
        style = None if _ESCAPED.isdisjoint(value) else '"'
        return of.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Representer.add_representer(str, text)
    Representer.add_representer(list, listed)
    writer = YAML(typ="safe", pure=True)
    writer.Representer = Representer
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # typed as None
    writer.width = _ENDLESS
    out = io.StringIO()
    writer.dump_all(documents, out)
    return out.getvalue()
