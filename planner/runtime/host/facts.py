"""Collect the facts of this machine: files, the driver, a Python's metadata, docker."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import UnavailableError
from planner.hardware.host import HUB_CACHE, Folder, HostFacts, Software
from planner.hardware.record import read_record
from planner.model.local_caches import cache_home, expanded, hub_cache
from planner.runtime.host import installed, services, system

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.hardware.nvml import NvmlAnswer

_PYTHON_S = 60
#: variables that change what vLLM, NCCL or a download does
_TELLING = re.compile(
    r"(CUDA|GLOO|HF|HUGGINGFACE|LD_LIBRARY|MODELSCOPE|NCCL|PYTORCH|RAY|TORCH|VLLM)_.*"
    r"|(HTTPS?|ALL|NO)_PROXY|NVIDIA_VISIBLE_DEVICES|OMP_NUM_THREADS",
    re.IGNORECASE,
)
_SECRET = re.compile(r"TOKEN|KEY|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_USER_IN_URL = re.compile(r"(?<=//)[^/@\s]*@")


def host_facts(
    python: str = "", environ: Mapping[str, str] | None = None, *, online: bool = False
) -> HostFacts:
    """What this machine is.

    Args:
        python: the Python that runs vLLM, absolute; this one when empty.
        environ: the process environment.
        online: ask the hub whether it answers; else the network is left alone.

    Raises:
        UnavailableError: the Python does not run.
    """
    process = os.environ if environ is None else environ
    nvml, problem = _nvml(process)
    return HostFacts(
        system=system.system_name(),
        glibc=system.glibc_release(),
        **system.memory(),
        **system.memory_limit(),
        **system.shared_memory(),
        listening_ports=system.listening_ports(),
        pci_gpus=system.pci_gpus(),
        interfaces=system.devices("net"),
        rdma_devices=system.devices("infiniband"),
        kernel_driver=system.kernel_driver(),
        nvml_installed=find_spec("pynvml") is not None,
        nvml=nvml,
        nvml_problem=problem,
        software=software_of(python or sys.executable),
        planner_scripts=planner_scripts(),
        docker=services.docker(),
        folders=folders(process),
        environment=telling(process),
        endpoints=services.endpoints(process) if online else (),
    )


def software_of(python: str) -> Software:
    """What is installed in a Python; nothing of it is imported.

    Raises:
        UnavailableError: it does not run.
    """
    # as text: a script's folder would lie on its path, and shadow what is installed
    script = Path(installed.__file__).read_text(encoding="utf-8")
    try:
        done = subprocess.run(  # noqa: S603 - the Python that the user named
            [python, "-c", script], capture_output=True, text=True, check=True, timeout=_PYTHON_S
        )
        return read_record(Software, json.loads(done.stdout), python)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise UnavailableError(
            f"{python} does not run", cause=_why(error), fix="--python the Python with vLLM"
        ) from None


def _why(error: Exception) -> str:
    """What the program said last; that it is no Python, where it said something else."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it said nothing for {_PYTHON_S} s"
    if isinstance(error, subprocess.CalledProcessError):
        said = [line.strip() for line in error.stderr.splitlines() if line.strip()]
        return f"it ended with {error.returncode}" + (f": {said[-1]:.160}" if said else "")
    return error.strerror or str(error) if isinstance(error, OSError) else "it is no Python"


def planner_scripts() -> tuple[str, ...]:
    """The distributions beside this one that install a program called ``planner``."""
    scripts = metadata.entry_points(group="console_scripts", name="planner")
    return tuple(sorted({each.dist.name for each in scripts if each.dist is not None}))


def folders(environ: Mapping[str, str]) -> tuple[Folder, ...]:
    """Where models, what vLLM compiles, and its sockets go.

    Source: vllm.envs: VLLM_CACHE_ROOT, VLLM_RPC_BASE_PATH (0.33.0)
    """
    moved = environ.get("VLLM_CACHE_ROOT")
    root = expanded(moved, environ) if moved else cache_home(environ) / "vllm"
    return (
        system.folder(HUB_CACHE, hub_cache(environ)),
        system.folder("VLLM_CACHE_ROOT", root),
        system.folder("TMPDIR", Path(environ.get("TMPDIR") or tempfile.gettempdir()), count=False),
    )


def telling(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that matter, by name; of a secret only that it is set."""
    return {
        name: "(set)" if _SECRET.search(name) else _USER_IN_URL.sub("", value)
        for name, value in sorted(environ.items())
        if _TELLING.fullmatch(name)
    }


def _nvml(environ: Mapping[str, str]) -> tuple[NvmlAnswer | None, str]:
    """What the driver says, and why it does not."""
    # loads the driver's library
    from planner.hardware.detect import read_nvml

    try:
        return read_nvml(environ.get("CUDA_VISIBLE_DEVICES")), ""
    except UnavailableError as error:
        return None, f"{error.message}: {error.cause}" if error.cause else error.message
