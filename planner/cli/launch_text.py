"""What ``planner launch`` shows: files before a start, and a deployment that answers."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli.calibration_text import log_text
from planner.cli.output import write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.launch.base import Launcher, LaunchFile, Served
    from planner.runtime.launch.run import Launched


def show_files(
    files: Sequence[LaunchFile], launcher: Launcher, served: Served, own: Mapping[str, Any]
) -> None:
    """One file as it is; several under their names, as ``head`` shows them."""
    if own["form"] != "table":
        from planner.cli.rows import show_one

        show_one(
            {
                "to": own["to"],
                "files": [{"path": f.path, "mode": f"{f.mode:o}", "text": f.text} for f in files],
                "start": [list(command) for command in launcher.start(served)],
            },
            own["form"],
        )
    elif len(files) == 1:
        write(files[0].text)
    else:
        write("\n".join(f"==> {file.path} <==\n{file.text}" for file in files))


def write_out(
    files: Sequence[LaunchFile], launcher: Launcher, served: Served, own: Mapping[str, Any]
) -> None:
    """Write them, and say where they are and what starts them.

    Raises:
        PlannerError: they cannot be written, or others are in their place.
    """
    from planner.runtime.launch.folder import write_files

    written = write_files(files, Path(own["output"]), force=own["force"])
    for path in written:
        click.echo(f"planner: wrote {path}", err=True)
    if written != [Path(own["output"])]:
        for command in launcher.start(served):
            click.echo(f"planner: start it there by {shlex.join(command)}", err=True)


def show_launched(launched: Launched, form: str) -> None:
    """That it answers, what it took, and its start term by term."""
    from planner.runtime.launch.answer import document

    told = document(launched)
    if form != "table":
        from planner.cli.rows import show_one

        show_one(told, form)
        return
    first = told["first_request"]
    tokens = f", {first['tokens']} tokens" if first["tokens"] else ""
    lines = [
        f"{told['served_name']} answers at {told['url']}/v1",
        *_start_up(told["start_up"]),
        f"first request, {first['path']}: {first['seconds']:.2f} s{tokens}",
        *(f"note: {note}" for note in told["notes"]),
    ]
    text = "".join(f"{line}\n" for line in lines)
    write(f"{text}\n{log_text(told['log'])}" if told["log"] else text)


def _start_up(start: Mapping[str, Any]) -> list[str]:
    """The start as a whole, and the parts of it that vLLM times."""
    whole = f"ready after {start['actual_s']:.1f} s"
    if start["predicted_s"] is not None:
        ends = start["interval_s"]
        interval = f", {ends[0]:.0f} to {ends[1]:.0f}" if ends else ""
        whole += f", predicted {start['predicted_s']:.0f} s{interval}"
    return [
        whole,
        *(
            f"  {part['part']}: {part['actual_s']:.1f} s, predicted {part['predicted_s']:.1f} s"
            for part in start["parts"]
            if part["actual_s"] is not None
        ),
    ]
