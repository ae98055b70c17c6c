"""Add releases of vLLM to the table of the variables that it reads.

Each folder is named by its release and holds ``vllm``, as for ``flags``; nothing of it is
imported, and releases up to the last in the table are passed over.

Usage: ``python -m scripts.releases.variables FOLDER/0.33.0 …``
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from planner.vllm.spans import Spans, release_name
from planner.vllm.variables import VariableTable, read_table
from scripts.releases.source import wheels

TARGET = Path(__file__).resolve().parents[2] / "planner/vllm/variables.toml"
_TABLE = "environment_variables"
_HEADER = """\
# The variables that vLLM reads, and the releases that read each: 0.9.0 is from then on,
# 0.8.5-0.12.0 to the last that does. Written by scripts/releases/variables.py from
# vllm.envs.environment_variables; do not edit by hand.

"""


def names(source: str) -> set[str]:
    """The keys of the table in ``vllm.envs``."""
    tables = (
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == _TABLE
    )
    keys = (key for table in tables if isinstance(table, ast.Dict) for key in table.keys)
    return {str(key.value) for key in keys if isinstance(key, ast.Constant)}


def main() -> None:
    """Write the table with the releases of some folders added."""
    table = read_table(TARGET.read_text(encoding="utf-8") if TARGET.is_file() else "")
    for wheel in wheels(sys.argv[1:], table.read[-1] if table.read else (0, 0, 0)):
        now = names((wheel.folder / "envs.py").read_text(encoding="utf-8"))
        before = table.read[-1] if table.read else None
        rows = {
            name: table.rows.get(name, Spans()).observed(wheel.release, before, has=name in now)
            for name in sorted({*table.rows, *now})
        }
        table = VariableTable(read=(*table.read, wheel.release), rows=rows)
        print(f"{release_name(wheel.release)}: {len(now)} variables")
    lines = [_HEADER + "read = '''", " ".join(map(release_name, table.read)), "'''", ""]
    lines += ["variables = '''", *(f"{name} {spans}" for name, spans in table.rows.items())]
    TARGET.write_text("\n".join([*lines, "'''"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
