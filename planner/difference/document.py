"""The difference of two answers about deployments, as a document of schema ``planner/1``."""
# annotations are types here, not texts, as in planner.plan
# ruff: noqa: I002

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from planner.finding import Finding

Unit = Literal["bytes", "tokens", "ms", "s", "usd", "per_s", "share", "count", "text"]
State = Literal["same", "changed", "added", "removed"]
Value = int | float | str | bool | None


class _Document(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, serialize_by_alias=True
    )


class Figure(_Document):
    """A figure that is another one now; None where it is not known."""

    name: str
    """As in ``layouts`` of an answer: ``kv_cache.tokens``."""
    unit: Unit
    old: Value = None
    new: Value = None


class DeploymentChange(_Document):
    """What changes for one deployment."""

    file: str
    part: str = ""
    model: str | None = None
    state: State
    options: tuple[Figure, ...] = ()
    """vLLM's options that are fixed to something else."""
    settings: tuple[Figure, ...] = ()
    """What vLLM runs with, fixed or by default: where no option changed, a default did."""
    figures: tuple[Figure, ...] = ()
    """Memory of the fullest GPU, capacity, speed, cost."""
    appeared: tuple[Finding, ...] = ()
    gone: tuple[Finding, ...] = ()


class Difference(_Document):
    """What ``planner diff`` and ``validate --vllm-version A..B`` answer."""

    schema_: Literal["planner/1"] = Field(default="planner/1", alias="schema")
    command: Literal["diff", "validate"]
    old: str
    """What the figures called old are of: a file, or a release of vLLM."""
    new: str
    deployments: tuple[DeploymentChange, ...] = ()
    notes: tuple[str, ...] = ()
