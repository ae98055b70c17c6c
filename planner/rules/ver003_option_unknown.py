"""vLLM has no such option.

What it checks:
    every option of a command is one that this release's parser takes.
Why:
    options are renamed and removed between releases; the parser refuses what it does not know,
    and the server does not start.

Example:
    ``--swap-space 4``, which left with the swapping of the KV cache; ``--async-scheduling``
    before 0.10.
Fix:
    the option's new name where the finding has one, or leave it out.
Source in vLLM:
    ``vllm.engine.arg_utils.AsyncEngineArgs.add_cli_args``
Versions:
    all: the parsers of 0.6.0 to 0.33.0 were read
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from planner.finding import Finding, Origin, Repair, Severity
from planner.vllm.command import as_options, read_command, write_options
from planner.vllm.flags import changes, first_with, last_with, takes
from planner.vllm.version import newest, version_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.request import Request
    from planner.vllm.command import UnknownOption
    from planner.vllm.version import VllmVersion

CODE = "VER003"
NAME = "option-unknown"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "command"
REPAIR = "either"
BAD = (
    "--gpus H100 -- vllm serve meta-llama/Llama-3.1-8B-Instruct --swap-space 4",
    "--model meta-llama/Llama-3.1-8B-Instruct --gpus H100 --async-scheduling --vllm-version 0.9",
)
GOOD = (
    "--gpus H100 -- vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 64",
    "--gpus H100 --vllm-version 0.9 -- vllm serve meta-llama/Llama-3.1-8B --swap-space 4",
)
#: of the letters, as difflib counts: a letter or two of a long name are others
_LIKE, _CLEARLY = 0.9, 0.05
LOG = ("unrecognized arguments: ",)


def own_option_findings(request: Request, version: VllmVersion) -> list[Finding]:
    """Options that were typed to this planner, and that an older release lacks."""
    if not request.is_own or version.number == version_number(newest()):
        return []
    words = ["vllm", "serve", "MODEL", *write_options(as_options(request.pinned))]
    return option_findings(read_command(words, version.name).unknown, version.name)


def option_findings(options: Iterable[UnknownOption], version: str) -> list[Finding]:
    """What became of each option, or since when there is one."""
    return [_finding(option, version) for option in options]


def _finding(option: UnknownOption, version: str) -> Finding:
    like = ", ".join(option.nearest)
    message = f"vLLM {version} has no option {option.flag}"
    cause = "this release's parser does not know it, and refuses the command"
    fix = f"nearest: {like}" if like else "leave it out"
    if first := first_with(option.flag, version):
        message += f": it came with {first}"
        fix = f"leave it out, or use vLLM {first} or later"
    elif last := last_with(option.flag, version):
        change = changes().get(option.flag)
        message += f" any more: {last} was the last release with it"
        cause = change.why if change and change.why else cause
        use = change.use if change and change.use and takes(version, change.use) else ""
        fix = f"use {use}" if use else "leave it out"
    return Finding(
        repair=_repair(option, version),
        code=CODE,
        name=NAME,
        severity=SEVERITY,
        origin=ORIGIN,
        message=message,
        cause=cause,
        fix=fix,
        source="vllm.engine.arg_utils.AsyncEngineArgs.add_cli_args",
    )


def _repair(option: UnknownOption, version: str) -> Repair | None:
    """What takes its place: nothing where its work is done otherwise or no more."""
    if not option.flag.startswith("-"):
        return None
    if first_with(option.flag, version):
        # or a newer release
        return Repair(safe=False, options={option.flag: ()})
    if last_with(option.flag, version):
        return _successor(option, version)
    meant = _meant(option)
    return Repair(options={option.flag: (meant, *option.values)}) if meant else None


def _meant(option: UnknownOption) -> str:
    """The flag that a typing error stands for: the only one like it, or much more so."""
    best, *others = *option.nearest, ""
    if len(option.nearest) < 2:  # noqa: PLR2004 - one, or none
        return best
    likeness = [SequenceMatcher(None, option.flag, each).ratio() for each in (best, others[0])]
    clear = likeness[0] >= _LIKE and likeness[0] - likeness[1] >= _CLEARLY
    return best if clear else ""


def _successor(option: UnknownOption, version: str) -> Repair:
    change = changes().get(option.flag)
    if change is None or not (change.use and takes(version, change.use)):
        # what was left out for a reason that we know has no effect any more
        return Repair(safe=change is not None and not change.use, options={option.flag: ()})
    same = change.values.get(" ".join(option.values))
    if same:
        return Repair(options={option.flag: tuple(same.split())})
    flag, *fixed = change.use.split()
    on = ("true",) if "." in flag and not option.values else ()
    words = (flag, *(fixed or option.values or on))
    return Repair(safe=not change.look, options={option.flag: words})
