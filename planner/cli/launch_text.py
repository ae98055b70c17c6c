"""What ``planner launch`` shows: files before a start, and a deployment that answers."""

from __future__ import annotations

import shlex
from dataclasses import asdict
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


def document(launched: Launched) -> dict[str, Any]:
    """A deployment that answers, for programs; times in seconds, sizes in bytes."""
    from planner.runtime.calibration_answer import log_document

    served = launched.served
    return {
        "schema": "planner/1",
        "command": "launch",
        "to": launched.to,
        "url": launched.url,
        "model": served.model,
        "served_name": served.served_name,
        "commands": [each.model_dump(mode="json") for each in served.commands],
        "changes": [asdict(change) for change in launched.changes],
        "start_up": {"predicted_s": served.start_up_s, "actual_s": round(launched.ready_s, 1)},
        "first_request": {
            "path": launched.first.path,
            "seconds": round(launched.first.seconds, 3),
            "tokens": launched.first.tokens,
        },
        "log": log_document(launched.log) if launched.log else None,
        "notes": list(launched.notes),
    }


def show_launched(launched: Launched, form: str) -> None:
    """That it answers, what it took, and its start term by term."""
    told = document(launched)
    if form != "table":
        from planner.cli.rows import show_one

        show_one(told, form)
        return
    start, first = told["start_up"], told["first_request"]
    predicted = f", predicted {start['predicted_s']:.0f} s" if start["predicted_s"] else ""
    tokens = f", {first['tokens']} tokens" if first["tokens"] else ""
    lines = [
        f"{told['served_name']} answers at {told['url']}/v1",
        f"ready after {start['actual_s']:.1f} s{predicted}",
        f"first request, {first['path']}: {first['seconds']:.2f} s{tokens}",
        *(f"note: {note}" for note in told["notes"]),
    ]
    text = "".join(f"{line}\n" for line in lines)
    write(f"{text}\n{log_text(told['log'])}" if told["log"] else text)
