"""What ``planner doctor`` answers, as text for people."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

from planner.cli.output import page
from planner.report.parts.safe import without_controls
from planner.report.parts.words import summary
from planner.units import gib_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from planner.finding import Finding

_LABEL = 12
_SHOWN_PACKAGES = ("torch", "transformers", "flashinfer-python", "triton", "ray")


def doctor_text(answer: Mapping[str, Any], findings: Sequence[Finding]) -> str:
    """The machine, a line a subject, then what is wrong with it."""
    host = answer["host"]
    lines = [
        *_subject("machine", _machine(host)),
        *_subject("GPUs", _gpus(host)),
        *_subject("driver", _driver(answer)),
        *_subject("Python", [f"{host['software']['version']}, {host['software']['path']}"]),
        *_subject("vLLM", _vllm(answer)),
        *_subject("docker", _docker(host["docker"])),
        *_subject("folders", map(_folder, host["folders"])),
        *_subject("environment", (f"{k}={v}" for k, v in host["environment"].items())),
        *_subject("network", _network(host)),
        *_subject("calibration", _calibration(answer["calibration"])),
        "",
        *_findings(findings),
        summary(findings),
    ]
    return "\n".join(without_controls(line) for line in lines) + "\n"


def _machine(host: Mapping[str, Any]) -> Iterator[str]:
    yield ", ".join(filter(None, [host["system"], host["glibc"] and f"glibc {host['glibc']}"]))
    if host["memory_bytes"]:
        yield (
            f"memory {gib_text(host['memory_bytes'])}, "
            f"{gib_text(host['memory_available_bytes'] or 0)} available"
        )
    if host["memory_limit_bytes"]:
        yield (
            f"limit of the control group {gib_text(host['memory_limit_bytes'])}, "
            f"{gib_text(host['memory_limit_used_bytes'] or 0)} used"
        )
    if host["shm_bytes"]:
        yield f"shared memory {gib_text(host['shm_bytes'])}"


def _gpus(host: Mapping[str, Any]) -> Iterator[str]:
    if not host["nvml"]:
        yield "none" if not host["pci_gpus"] else f"{host['pci_gpus']} on the bus"
        return
    kinds = Counter(
        (gpu["name"], gpu["total_bytes"], tuple(gpu["compute_capability"] or ()))
        for gpu in host["nvml"]["gpus"]
    )
    for (name, total, capability), count in kinds.items():
        parts = [name, gib_text(total) if total else "", ".".join(map(str, capability))]
        yield f"{count} x {', '.join(filter(None, parts))}"
    used = [(i, gpu["used_bytes"]) for i, gpu in enumerate(host["nvml"]["gpus"])]
    busy = [f"{gib_text(size)} of GPU {i}" for i, size in used if size]
    if busy:
        yield f"in use: {', '.join(busy)}"


def _driver(answer: Mapping[str, Any]) -> Iterator[str]:
    nvml = answer["host"]["nvml"]
    if not nvml:
        yield answer["host"]["nvml_problem"] or "none"
        return
    cuda = nvml["cuda"]
    yield nvml["driver"] + (f", of CUDA {cuda // 1000}.{cuda % 1000 // 10}" if cuda else "")
    if newest := answer["vllm"]["newest_for_this_machine"]:
        yield f"runs the wheels of vLLM up to {newest}"


def _vllm(answer: Mapping[str, Any]) -> Iterator[str]:
    vllm, packages = answer["vllm"], answer["host"]["software"]["packages"]
    if not vllm["version"]:
        yield "not installed in this Python"
        return
    yield vllm["version"] + (f", built for CUDA {vllm['cuda']}" if vllm["cuda"] else "")
    nccl = [f"NCCL {packages[name]}" for name in packages if name.startswith("nvidia-nccl-")]
    named = [f"{name} {packages[name]}" for name in _SHOWN_PACKAGES if name in packages]
    yield ", ".join([*named, *nccl])


def _docker(docker: Mapping[str, Any] | None) -> Iterator[str]:
    if docker is None:
        yield "none"
    elif not docker["server"]:
        yield f"{docker['client']}, its server does not answer"
    else:
        gives = {True: "gives GPUs", False: "gives no GPUs", None: ""}[docker["gpus"]]
        yield ", ".join(filter(None, [docker["server"], gives]))


def _folder(folder: Mapping[str, Any]) -> str:
    parts = [
        f"{gib_text(folder['used_bytes'])} in it" if folder["used_bytes"] is not None else "",
        f"{gib_text(folder['free_bytes'])} free" if folder["free_bytes"] is not None else "",
        "" if folder["exists"] else "not made yet",
        "" if folder["writable"] else "not writable",
    ]
    return f"{folder['name']} {folder['path']}: {', '.join(filter(None, parts))}"


def _network(host: Mapping[str, Any]) -> Iterator[str]:
    if names := [*host["interfaces"], *host["rdma_devices"]]:
        yield ", ".join(names)
    yield from map(_endpoint, host["endpoints"])


def _endpoint(endpoint: Mapping[str, Any]) -> str:
    if endpoint["problem"]:
        return f"{endpoint['url']} does not answer"
    return f"{endpoint['url']} answers in {endpoint['seconds']:.1f} s"


def _calibration(calibration: Mapping[str, Any] | None) -> Iterator[str]:
    if calibration is None:
        return
    if not calibration["file"]:
        yield "nothing was learnt from logs here"
        return
    count = len(calibration["constants"])
    yield f"{count} constant{'s' if count != 1 else ''} of {calibration['file']}"
    yield "planner calibrate shows them, planner calibrate --forget removes them"


def _subject(label: str, texts: Iterable[str]) -> Iterator[str]:
    """A label before the first line, the others below it."""
    for text in filter(None, texts):
        yield f"{label:<{_LABEL}} {text}"
        label = ""


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    """Each with cause and fix; a line that is longer than the page goes on below its text."""
    width = page().width
    for found in findings:
        yield from _wrapped(f"{found.severity} {found.code} ", found.message, width)
        for label, text in (("cause", found.cause), ("fix", found.fix)):
            if text:
                yield from _wrapped(f"  {label}: ", text, width)
        yield ""


def _wrapped(label: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )
