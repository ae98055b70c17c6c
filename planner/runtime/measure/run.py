"""One case on its way: its files, its process, and the facts that its end adds."""

from __future__ import annotations

import json
import shlex
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.runtime.measure.dummy_model import has_tokenizer, write_model
from planner.runtime.measure.facts import append
from planner.runtime.measure.gpus import driver_answer, facts_of
from planner.runtime.measure.log import failure, log_lines
from planner.runtime.measure.results import FAILED, INTERRUPTED, MEASURED, TIMED_OUT
from planner.runtime.process import Command, Process
from planner.vllm.command import as_options, write_options

if TYPE_CHECKING:
    from pathlib import Path

    from planner.runtime.measure.bench import Bench
    from planner.runtime.measure.case import Case

_ENGINE = "planner.runtime.measure.engine"
#: variables that are recorded: they change what vLLM does
_RECORDED = ("VLLM_", "NCCL_", "CUDA_", "TORCH", "PYTORCH_", "OMP_", "FLASHINFER_")
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_SOCKETS = "VLLM_RPC_BASE_PATH"
#: a socket's whole path has 107 characters at most
_LONGEST_SOCKET_FOLDER = 60
#: without a network, without telemetry, on this host; what the user has set goes before
_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_HOST_IP": "127.0.0.1",
    # a forked worker cannot use CUDA once its parent has
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    "NO_COLOR": "1",
}


@frozen
class Ready:
    """A case whose model was found."""

    case: Case
    key: str
    config: Mapping[str, Any]
    config_sha256: str
    source: str
    """Where the configuration was found, in words."""
    draft: Mapping[str, Any] | None = None
    """The configuration of the draft model, where there is one."""


class Run:
    """A case that runs."""

    def __init__(self, bench: Bench, ready: Ready, gpus: tuple[int, ...]) -> None:
        """Write its files and start it on the GPUs.

        Raises:
            InvalidInputError: the log cannot be written.
        """
        self.ready = ready
        self.gpus = gpus
        self.timed_out = False
        self._bench = bench
        self._identity = {"case": ready.key, "run": uuid.uuid4().hex[:8]}
        name = f"{ready.case.name}-{ready.key[:6]}-{self._identity['run']}"
        self.log = bench.logs / f"{name}.log"
        self._folder = bench.work / name
        self._folder.mkdir(parents=True)
        environment = self._environment()
        self._begin(environment)
        self.process = Process(
            Command(
                argv=(bench.python, "-m", _ENGINE, str(self._case_file()), str(bench.results)),
                environment=environment,
                folder=self._folder,
                log=self.log,
            )
        )
        self._deadline_s = time.monotonic() + ready.case.timeout_s

    @property
    def seconds_left(self) -> float:
        """Until its time is over."""
        return self._deadline_s - time.monotonic()

    def time_out(self) -> None:
        """Ask it to end: it has had its time."""
        if not self.timed_out:
            self.timed_out = True
            self.process.request_stop()

    def finish(self, *, interrupted: bool = False) -> str:
        """Write the facts of its end, once its process has ended; the outcome."""
        code = self.process.stop()
        lines = log_lines(self.log)
        self._write("log", lines=lines)
        outcome = MEASURED if code == 0 else FAILED
        if interrupted or self.timed_out:
            outcome = INTERRUPTED if interrupted else TIMED_OUT
        told = {} if outcome == MEASURED else failure(lines)
        self._write("end", outcome=outcome, code=code, seconds=self.process.seconds, **told)
        return outcome

    def _write(self, kind: str, /, **fact: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        append(self._bench.results, {"fact": kind, **self._identity, **fact})

    def _environment(self) -> dict[str, str]:
        """The process's own variables, with the GPUs and what the case sets."""
        bench = self._bench
        environment = {**_QUIET, **bench.environ}
        # else each of vLLM's processes compiles every module anew
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        # vLLM leaves its sockets behind: here the folder goes with them
        if len(str(bench.work)) <= _LONGEST_SOCKET_FOLDER:
            environment.setdefault(_SOCKETS, str(bench.work))
        before = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{bench.site}:{before}" if before else str(bench.site)
        return environment | bench.gpus.environment(self.gpus) | dict(self.ready.case.environment)

    def _begin(self, environment: Mapping[str, str]) -> None:
        """The facts that are known beforehand, and the log's first lines: what is run."""
        case, bench = self.ready.case, self._bench
        places = [bench.gpus.places[i] for i in self.gpus]
        board = facts_of(driver_answer(bench.environ) if self.gpus else None, places)
        options = as_options(case.arguments)
        self._write(
            "case",
            name=case.name,
            model=case.model,
            model_source=self.ready.source,
            config_sha256=self.ready.config_sha256,
            vllm_args=options,
            environment=recorded(environment),
            speed=asdict(case.speed),
            gpu_ids=places,
            log_file=f"{bench.logs.name}/{self.log.name}",
            **board,
        )
        words = ["vllm", "serve", case.model, *write_options(options)]
        names = {gpu["name"].replace(" ", "_") for gpu in board.get("gpus", ())}
        header = [shlex.join(words), *(f"planner measure: device_name={name}" for name in names)]
        self.log.write_text("\n".join(header) + "\n", encoding="utf-8")

    def _case_file(self) -> Path:
        case, config = self.ready.case, self.ready.config
        model = write_model(config, case.model, self._bench.work / "models")
        options = as_options(case.arguments)
        if isinstance(case.arguments.hf_overrides, Mapping):
            # they are in the configuration already
            del options["--hf-overrides"]
        if self.ready.draft is not None and case.draft is not None:
            self._put_draft(options, case.draft, self.ready.draft)
        own = {
            "--model": str(model),
            "--served-model-name": case.model,
            "--load-format": "dummy",
            "--disable-log-stats": True,
            # a processor of pictures needs the tokenizer
            **({} if has_tokenizer(model) else {"--skip-tokenizer-init": True}),
        }
        path = self._folder / "case.json"
        content = {
            "identity": self._identity,
            "argv": write_options({**own, **options}),
            "ranks": str(self._folder / "ranks"),
            "speed": asdict(case.speed),
        }
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
        return path

    def _put_draft(self, options: dict[str, Any], name: str, config: Mapping[str, Any]) -> None:
        """Name the draft model's own dummy directory instead of the model."""
        folder = str(write_model(config, name, self._bench.work / "models"))
        if "--spec-model" in options:
            options["--spec-model"] = folder
        else:
            options["--speculative-config"] = {**options["--speculative-config"], "model": folder}


def recorded(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that change what vLLM does, without secrets."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if name.startswith(_RECORDED)
        and name != _SOCKETS
        and not any(word in name for word in _SECRET)
    }
