"""Jobs: what Slurm is asked for, and what runs on each node."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from planner.errors import UsageError
from planner.launch import slurm
from tests.launch.served_cases import HOSTILE, WORDS, answer, record

if TYPE_CHECKING:
    from pathlib import Path

    from planner.launch.base import Served

#: as Slurm's programs answer, for one node after the other
_SRUN = """#!/bin/sh
while [ "${1#--}" != "$1" ]; do shift; done
[ "$1" = sh ] || exec "$@"
for SLURM_NODEID in 0 1; do export SLURM_NODEID; "$@"; done
"""
_SCONTROL = "#!/bin/sh\necho first; echo second\n"
#: in place of Python, which asks the cluster for its GPUs
_AGREES = "#!/bin/sh\nexit 0\n"
_SHOWS = '#!/bin/sh\nprintf "%s\\0" "${0##*/}" "$@" "VALUE=$VALUE"\n'


def ran(served: Served, folder: Path) -> list[str]:
    """The words that the programs were given, job and all run for real."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for name, text in (
        ("srun", _SRUN),
        ("scontrol", _SCONTROL),
        ("vllm", _SHOWS),
        ("ray", _SHOWS),
        ("python3", _AGREES),
    ):
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    for file in slurm.files(served):
        (folder / file.path).write_text(file.text, encoding="utf-8")
        (folder / file.path).chmod(file.mode)
    here = {"PATH": f"{tools}:{os.environ['PATH']}", "SLURM_JOB_NODELIST": "n[1-2]", "VALUE": ""}
    job = folder / slurm.files(served)[0].path
    done = subprocess.run(["/bin/sh", job], cwd=folder, env=here, capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


def test_every_node_runs_its_own_command_and_knows_the_first(tmp_path: Path) -> None:
    served = record(answer(8, 2, nodes=2), "slurm", variables={"VALUE": HOSTILE})
    head, worker = (command.argv for command in served.commands)
    expected = []
    for argv in (head, worker):
        words = ["first" if word == "HEAD_ADDRESS" else word for word in argv]
        expected += [*words, f"VALUE={HOSTILE}"]
    assert ran(served, tmp_path) == expected


def test_ray_joins_the_nodes_and_stays_on_all_but_the_first(tmp_path: Path) -> None:
    served = record(answer(8, 2, nodes=2, executor="ray"), "slurm")
    found = ran(served, tmp_path)
    assert found[:5] == ["ray", "start", "--head", "--port", "6379"]
    assert found[-6:-1] == ["ray", "start", "--address", "first:6379", "--block"]
    assert "vllm" in found


@settings(max_examples=20)
@given(word=WORDS)
def test_no_shell_reads_what_was_typed(word: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("job")
    options = {"--chat-template": f"x{word}"}
    served = record(answer(options=options), "slurm", variables={"VALUE": word})
    assert ran(served, folder) == [*served.server.argv, f"VALUE={word}"]


def test_a_whole_node_is_asked_for_where_all_its_gpus_are_taken() -> None:
    (job,) = slurm.files(record(answer(8), "slurm"))
    assert "#SBATCH --exclusive\n" in job.text
    assert "#SBATCH --gpus-per-node=8\n" in job.text
    (job,) = slurm.files(record(answer(2), "slurm"))
    assert "--exclusive" not in job.text


def test_what_is_set_goes_to_sbatch() -> None:
    typed = {"partition": "gpu", "time": "1-00:00:00", "options": "--constraint=a100 --mem=64G"}
    (job,) = slurm.files(record(answer(), "slurm", settings=typed))
    asked = ("--partition=gpu", "--time=1-00:00:00", "--constraint=a100", "--mem=64G")
    assert all(f"#SBATCH {option}\n" in job.text for option in asked)


@pytest.mark.parametrize(
    "typed",
    [{"partition": "a b"}, {"account": "x\n#SBATCH --uid=0"}, {"options": "touch"}],
)
def test_what_sbatch_would_misread_is_refused(typed: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="no option that sbatch takes"):
        slurm.files(record(answer(), "slurm", settings=typed))
    with pytest.raises(UsageError, match="quotation"):
        slurm.files(record(answer(), "slurm", settings={"options": "--x='"}))
