"""Write the generated pages of docs/, and the index and schema of hardware_db/.

Usage: ``python scripts/docs.py``.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import click  # noqa: E402 - this checkout's planner, whatever is installed

from planner.cli.app import PROGRAM  # noqa: E402
from planner.errors import ExitCode  # noqa: E402
from planner.hardware import views  # noqa: E402
from planner.hardware.catalog import Catalog, data_root  # noqa: E402
from planner.hardware.index import build_index, index_text  # noqa: E402
from planner.hardware.schema import schema_text  # noqa: E402
from planner.launch.base import find, launchers  # noqa: E402
from planner.manual import terms  # noqa: E402
from planner.report.base import formats  # noqa: E402
from planner.rules.base import rules  # noqa: E402
from planner.units import GIB  # noqa: E402
from planner.vllm.release import find_toolkit, releases  # noqa: E402
from scripts.markdown import NOTICE, table  # noqa: E402
from scripts.rule_pages import coverage, rule_index, rule_page  # noqa: E402
from scripts.tui_picture import PICTURE, picture  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


EXIT_CODES = {
    ExitCode.OK: "fine",
    ExitCode.FINDINGS: "a finding at or above `--fail-on`, or nothing fits",
    ExitCode.USAGE: "usage, an unknown model or GPU, unreadable or invalid input",
    ExitCode.UNAVAILABLE: "an input cannot be had here: a gated or unreachable model, no GPU",
    ExitCode.SERVER_FAILED: "the launched server failed",
    ExitCode.INTERRUPTED: "interrupted",
}


def command_line() -> Iterator[str]:
    """The help page of each command."""
    yield from (NOTICE, "", "# Command line", "")
    for path, command in commands(PROGRAM, ["planner"]):
        with command.make_context(
            " ".join(path), [], resilient_parsing=True, terminal_width=80, max_content_width=80
        ) as context:
            page = command.get_help(context)
        lines = [line.rstrip() for line in page.splitlines()]
        yield from (f"## {' '.join(path)}", "", "```text", *lines, "```", "")
    yield from launch_table()
    yield from ("## Exit codes", "")
    rows = [[str(int(code)), meaning] for code, meaning in EXIT_CODES.items()]
    yield from table(["code", "meaning"], rows)
    yield from ("## Formats", "", ", ".join(f"`{name}`" for name in formats(own=True)) + ".")


def launch_table() -> Iterator[str]:
    """The ways to run a plan, with what each takes by ``--set``."""
    yield from (
        "## Ways to run a plan",
        "",
        "What `--to` takes, and `--set NAME=VALUE` of each.",
        "",
    )
    rows = []
    for name in launchers(own=True):
        launcher = find(name)
        first = (inspect.getdoc(launcher) or "").partition("\n")[0]
        rows.append([f"`{name}`", "", first])
        for each in launcher.SETTINGS:
            default = f" (`{each.default}`)" if each.default else ""
            rows.append(["", f"`{each.name}`", f"{each.help}{default}"])
    yield from table(["`--to`", "`--set`", "what"], rows)


def commands(group: click.Group, path: list[str]) -> Iterator[tuple[list[str], click.Command]]:
    """A command and those below it, with the words that call each."""
    yield path, group
    context = click.Context(group, info_name=path[-1])
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, [*path, name])
        elif command is not None:
            yield [*path, name], command


def formulas() -> Iterator[str]:
    """The docstring of each formula."""
    yield from (NOTICE, "", "# Formulas", "", "`planner explain NAME` shows one of them.", "")
    for name, page in terms().items():
        yield from (f"## {name}", "", "```text", page.strip(), "```", "")


def hardware() -> Iterator[str]:
    """Boards, node types and networks."""
    catalog = Catalog(data_root())
    yield from (NOTICE, "", "# Hardware", "")
    yield "`planner hardware show NAME` tells all of one, with its sources."
    boards = [
        [
            row["id"],
            amount(row["memory_bytes"], GIB),
            amount(row["hbm_bytes_per_s"], 1e9),
            amount(row["bf16_dense_flops"], 1e12),
            row["compute_capability"] or "",
            row["vllm_support"] or "",
        ]
        for row in views.list_accelerators(catalog)
    ]
    columns = ["board", "memory GiB", "memory GB/s", "16-bit TFLOP/s", "capability", "vLLM"]
    yield from ("", "## Boards", "", *table(columns, boards))
    nodes = [
        [
            row["id"],
            row["provider"],
            row["accelerator"],
            str(row["gpus_per_node"]),
            str(row["scale_up_domain"]),
            row["fabric"] or "",
        ]
        for row in views.list_nodes(catalog)
    ]
    columns = ["node type", "provider", "board", "GPUs", "scale-up domain", "network"]
    yield from ("## Node types", "", *table(columns, nodes))
    networks = [
        [row["id"], row["family"], amount(row["bytes_per_s_one_way"], 1e9)]
        for row in views.list_fabrics(catalog)
    ]
    yield from ("## Networks", "", *table(["network", "family", "GB/s one way"], networks))


def release_table() -> Iterator[str]:
    """What each release of vLLM is built for."""
    yield from (NOTICE, "", "# vLLM releases", "")
    yield "What the wheel on the package index and the vllm-openai image are built for, and the"
    yield "least driver that runs the wheel. A board runs code of its own major capability up to"
    yield "its own; with a `+` newer boards compile the last of it as it is loaded. Patch releases"
    yield "that change none of this are not listed. Sources: `planner/vllm/releases.toml`."
    yield ""
    columns = ["vLLM", "month", "torch", "CUDA", "of the image", "driver", "Python", "glibc"]
    rows = []
    for each in reversed(releases()):
        toolkit = find_toolkit(each.cuda)
        own = [each.version, each.month, each.torch, each.cuda, each.image_cuda]
        built = ", ".join(each.architectures) + ("+" if each.ptx else "")
        rows.append([*own, toolkit.least_driver if toolkit else "", each.python, each.glibc, built])
    yield from table([*columns, "compute capabilities"], rows)


def amount(value: float | None, unit: float) -> str:
    """A figure in a unit; empty where it is not known."""
    return "" if value is None else f"{value / unit:,.4g}"


def pages() -> dict[str, Iterator[str]]:
    """Every generated page by its path under docs/."""
    own: dict[str, Any] = {f"rules/{rule.CODE}.md": rule_page(rule) for rule in rules()}
    own |= {"rules/README.md": rule_index(), "rules/coverage.md": coverage()}
    own |= {"cli.md": command_line()}
    return own | {
        "formulas.md": formulas(),
        "hardware.md": hardware(),
        "releases.md": release_table(),
    }


def main() -> None:
    """Write the pages, and remove those of rules that are gone."""
    # first: what looks a name up reads it
    data = data_root()
    (data / "index.json").write_text(index_text(build_index(Catalog(data))), encoding="utf-8")
    (data / "schema.json").write_text(schema_text(), encoding="utf-8")
    written = {ROOT / "docs" / name: "\n".join(lines) for name, lines in pages().items()}
    written[PICTURE] = picture()
    for stale in set((ROOT / "docs/rules").glob("*.md")) - set(written):
        stale.unlink()
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.rstrip() + "\n", encoding="utf-8")
    print(f"docs: {len(written)} pages")


if __name__ == "__main__":
    main()
