"""No family of this planner knows the model's class: its figures are from its keys.

What it checks:
    ``architectures`` names a class that some family of this planner describes.
Why:
    the layers of another class are taken from what its configuration states, as the families that
    know every stated size would build them, and most of them must agree. What the class does
    without a key for it is not seen. How often that is right, published models tell, each read
    without its own family: docs/accuracy.md.

Example:
    a class that came to vLLM after this planner, or that transformers alone has.
Fix:
    hold the parameters against the checkpoint's; a start-up log settles it: ``planner calibrate``.
    A class that is another one under a new name is named with ``--hf-overrides``.
Source in vLLM:
    none
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Finding, Origin, Severity
from planner.vllm.registry import model_classes

if TYPE_CHECKING:
    from planner.model.architecture import Architecture
    from planner.vllm.version import VllmVersion

CODE = "VER009"
NAME = "model-read-from-keys"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "request"
_RENAMED = """--hf-overrides '{"architectures": ["SarvamMoEForCausalLM"]}'"""
BAD = (f"--model Qwen/Qwen3-30B-A3B {_RENAMED} --gpus 8xH100",)
GOOD = ("--model Qwen/Qwen3-30B-A3B --gpus 8xH100",)


def read_from_keys(architecture: Architecture | None, version: VllmVersion) -> tuple[Finding, ...]:
    """What is said of a model whose class no family knows; nothing of the others."""
    if architecture is None or not architecture.read_like:
        return ()
    cause = "no family of this planner describes its layers; those that know every size it states "
    cause += "agree on what they make of it"
    if model_classes().serving(architecture.name, version.release) is None:
        cause += "; vLLM has no such class, and runs transformers' or the checkpoint's own code, "
        cause += "if it takes its attention from outside"
    return (
        Finding(
            code=CODE,
            name=NAME,
            severity=SEVERITY,
            origin=ORIGIN,
            message=f"{architecture.name} is computed from its keys, like a "
            f"{architecture.read_like}",
            cause=cause,
            fix="compare the parameters with the checkpoint's; a start-up log settles it: "
            "planner calibrate LOG",
        ),
    )
