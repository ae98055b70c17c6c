"""Print how long the files and functions are, and fail where one is too long.

A mirror, not a game: a natural 260 lines beat two forced 130s. Then the file goes into
``ALLOWED`` with the reason. A docstring does not count towards its function.

Usage: ``python scripts/sizes.py [--quiet]``.
"""

from __future__ import annotations

import argparse
import ast
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("planner", "scripts")
MAX_FILE_LINES = 250
MAX_FUNCTION_LINES = 40
#: ``path`` or ``path:function``, and why it may be longer
ALLOWED: dict[str, str] = {
    "planner/rules/base.py": "what a rule is and how each scope is asked, told in one place",
    "planner/plan.py": "the schema of one document, to be read in one place",
    "planner/model/decoder.py:architecture": "one line a fact of the architecture it fills in",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One file: its lines, and its longest function."""

    path: str
    lines: int
    function: str
    function_lines: int

    def faults(self) -> list[str]:
        """What is too long, for a reader who wants to mend it."""
        found = []
        if self.lines > MAX_FILE_LINES and self.path not in ALLOWED:
            found.append(f"{self.path} has {self.lines} lines, more than {MAX_FILE_LINES}")
        if (
            self.function_lines > MAX_FUNCTION_LINES
            and f"{self.path}:{self.function}" not in ALLOWED
        ):
            found.append(
                f"{self.path}: {self.function} has {self.function_lines} lines, "
                f"more than {MAX_FUNCTION_LINES}"
            )
        return found


def measure(path: Path) -> Size:
    """Read one Python file."""
    source = path.read_text(encoding="utf-8")
    functions = [
        (_function_lines(node), node.name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    function_lines, function = max(functions, default=(0, ""))
    return Size(
        path=path.relative_to(ROOT).as_posix(),
        lines=len(source.splitlines()),
        function=function,
        function_lines=function_lines,
    )


def _function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is None:
        return lines
    docstring = node.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def table(sizes: list[Size]) -> str:
    """One row a file, the longest first, and the medians."""
    width = max(len(size.path) for size in sizes)
    rows = [
        f"{size.path:<{width}}  {size.lines:>5}  {size.function_lines:>8}  {size.function}"
        for size in sorted(sizes, key=lambda size: -size.lines)
    ]
    median = statistics.median(size.lines for size in sizes)
    head = f"{'file':<{width}}  lines  longest function"
    return "\n".join([head, *rows, f"{len(sizes)} files, {median:.0f} lines in the median"])


def main() -> int:
    """Print the table and what is too long; 1 when something is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quiet", action="store_true", help="only the last line and what is wrong")
    options = parser.parse_args()
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    sizes = [measure(path) for path in sorted(paths)]
    text = table(sizes)
    print(text.splitlines()[-1] if options.quiet else text)
    found = [fault for size in sizes for fault in size.faults()]
    found += [f"{name} is allowed but gone" for name in ALLOWED if not _exists(name)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


def _exists(name: str) -> bool:
    return (ROOT / name.split(":", maxsplit=1)[0]).exists()


if __name__ == "__main__":
    sys.exit(main())
