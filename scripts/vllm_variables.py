"""Write the variables that a release of vLLM reads: ``python -m scripts.vllm_variables 0.33.0``.

The folder is a release's ``.py`` files, as for ``vllm_flags``; nothing of it is imported.
"""

from __future__ import annotations

import argparse
import ast
from pathlib import Path

TARGET = Path(__file__).parents[1] / "planner" / "vllm" / "variables.toml"
_TABLE = "environment_variables"
_HEADER = """\
# The variables that vLLM reads. Written by scripts/vllm_variables.py from
# vllm.envs.environment_variables; do not edit by hand.

read = "{release}"

names = '''
{names}
'''
"""


def names(source: str) -> list[str]:
    """The keys of the table in ``vllm.envs``."""
    tables = (
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == _TABLE
    )
    keys = (key for table in tables if isinstance(table, ast.Dict) for key in table.keys)
    return sorted(str(key.value) for key in keys if isinstance(key, ast.Constant))


def main() -> None:
    """Read one release's file and write the list anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of the release's files, named by it")
    folder: Path = parser.parse_args().folder
    found = names((folder / "vllm" / "envs.py").read_text(encoding="utf-8"))
    text = _HEADER.format(release=folder.name, names="\n".join(found))
    TARGET.write_text(text, encoding="utf-8")
    print(f"{len(found)} variables of {folder.name}")


if __name__ == "__main__":
    main()
