"""What all cases of a run share: the Python that has vLLM, the GPUs, the folders."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import planner
from planner.errors import InvalidInputError
from planner.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.runtime.measure.gpus import Gpus

_PLUGIN = "[vllm.general_plugins]\nplanner_measure = planner.runtime.measure.plugin:register\n"
_DISTRIBUTION = "Metadata-Version: 2.1\nName: planner-measure\nVersion: 1\n"


@frozen
class Bench:
    """What all cases of a run share."""

    python: str
    """The Python that has vLLM."""
    software: Mapping[str, str]
    """Its releases of vLLM and torch."""
    gpus: Gpus
    results: Path
    logs: Path
    """The folder of the logs, which stay."""
    work: Path
    """A temporary folder: models, cases."""
    site: Path
    """What ``planner`` is imported from, and nothing else."""
    environ: Mapping[str, str]


@contextmanager
def bench(
    *,
    python: str,
    software: Mapping[str, str],
    gpus: Gpus,
    results: Path,
    environ: Mapping[str, str],
) -> Iterator[Bench]:
    """The folders that cases need, the temporary ones gone afterwards.

    The engine's Python is shown this package alone, through a folder that holds a link to it and
    the plugin's entry point: not whatever else lies beside it here.

    Raises:
        InvalidInputError: the results cannot be written where they are wanted.
    """
    logs = results.parent / f"{results.stem}.logs"
    try:
        logs.mkdir(parents=True, exist_ok=True)
        with results.open("ab"):
            pass
    except OSError as error:
        raise InvalidInputError(
            f"{results} cannot be written: {error.strerror}", fix="--results a file of your own"
        ) from None
    with tempfile.TemporaryDirectory(prefix="planner-measure-") as folder:
        work = Path(folder)
        site = work / "site"
        plugin = site / "planner_measure-1.dist-info"
        plugin.mkdir(parents=True)
        (plugin / "METADATA").write_text(_DISTRIBUTION, encoding="utf-8")
        (plugin / "entry_points.txt").write_text(_PLUGIN, encoding="utf-8")
        (site / "planner").symlink_to(Path(planner.__file__).parent, target_is_directory=True)
        yield Bench(
            python=python,
            software=software,
            gpus=gpus,
            results=results.resolve(),
            logs=logs.resolve(),
            work=work,
            site=site,
            environ=environ,
        )
