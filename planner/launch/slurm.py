"""Slurm: a job that starts vLLM on each of its nodes.

Source: sbatch(1), srun(1); docs/serving/parallelism_scaling.md (0.33)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.errors import UsageError
from planner.launch.base import EXECUTABLE, LaunchFile, Setting
from planner.launch.parts import nodes, shell
from planner.launch.parts.ray_port import PORT
from planner.vllm.command import shlex_split
from planner.vllm.hosts import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.launch.base import Served

_ASKED = (
    Setting(name="partition", help="Where the job runs."),
    Setting(name="account", help="Who pays for it."),
    Setting(name="time", help="The longest that it may run: 1-00:00:00."),
)
_OPTIONS = Setting(name="options", help="Further options of sbatch: --constraint=a100 --mem=0.")
SETTINGS: tuple[Setting, ...] = (*_ASKED, _OPTIONS, PORT)

#: a word that sbatch takes from a script as it stands
_PLAIN = re.compile(r"[A-Za-z0-9_.,:=@%+/*&|\[\]()~^-]+")
#: seconds that the other tasks get after the first has ended
_AFTER_S = 60


def files(served: Served) -> tuple[LaunchFile, ...]:
    """The job; over several nodes also what each of them runs.

    Raises:
        UsageError: several servers are asked for, or an option that sbatch could not read.
    """
    if served.replicas > 1:
        raise UsageError(
            f"--replicas {served.replicas} servers are jobs of their own",
            cause="where Slurm puts them is known when they run, so nothing can spread requests",
            fix=f"leave it out, and submit the job {served.replicas} times: "
            f"sbatch --array=1-{served.replicas}",
        )
    if served.nodes == 1:
        return (_file(served, _job(served)),)
    scripts = tuple(
        LaunchFile(
            path=_script(served, node),
            text=shell.script(nodes.script(served, node)),
            mode=EXECUTABLE,
        )
        for node in range(served.nodes)
    )
    return (_file(served, _jobs(served)), *scripts)


def start(served: Served) -> tuple[tuple[str, ...], ...]:
    """Submit it, from a folder that all nodes see."""
    return (("sbatch", f"{served.name}.sbatch"),)


def _file(served: Served, lines: Iterator[str]) -> LaunchFile:
    text = shell.script(lines, notes=_directives(served))
    return LaunchFile(path=f"{served.name}.sbatch", text=text)


def _directives(served: Served) -> Iterator[str]:
    """One task for each node, with the GPUs it takes; whole nodes where it takes all of them."""
    asked = {each.name: served.settings.get(each.name, "") for each in _ASKED}
    whole = served.gpus_per_node == served.group.gpus_per_node
    words = [
        f"--job-name={served.name}",
        f"--nodes={served.nodes}",
        "--ntasks-per-node=1",
        f"--gpus-per-node={served.gpus_per_node}",
        *(["--exclusive", "--mem=0"] if whole else []),
        f"--output={served.name}-%j.log",
        *(f"--{name}={value}" for name, value in asked.items() if value),
        *shlex_split(served.settings.get(_OPTIONS.name, "")),
    ]
    for word in words:
        if not word.startswith("--") or not _PLAIN.fullmatch(word):
            raise UsageError(
                f"{word!r} is no option that sbatch takes from a script",
                cause="--name=value, without blanks and quotes",
                fix="--set options='--constraint=a100 --qos=high'",
            )
        yield f"#SBATCH {word}"


#: a task takes all processors of its node, whatever Slurm would bind it to
_SRUN = ("exec", "srun", "--cpu-bind=none")


def _job(served: Served) -> Iterator[str]:
    yield from shell.needs(served.secrets)
    (command,) = served.on_node(0)
    yield from shell.exports(command)
    yield shell.line(*_SRUN, *command.argv)


def _jobs(served: Served) -> Iterator[str]:
    """Name the first node, then start the script of each on it; when one fails, all end."""
    yield from shell.needs(served.secrets)
    names = 'scontrol show hostnames "$SLURM_JOB_NODELIST"'
    yield f'{HEAD}="$({names} | head -n 1)"'
    yield f"export {HEAD}"
    runs = f'exec "./{served.name}-node-$SLURM_NODEID.sh"'
    ends = ("--kill-on-bad-exit=1", f"--wait={_AFTER_S}", "--label")
    yield shell.line(*_SRUN, *ends, "sh", "-c", runs)


def _script(served: Served, node: int) -> str:
    return f"{served.name}-node-{node}.sh"
