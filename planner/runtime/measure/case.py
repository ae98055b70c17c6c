"""One thing to measure: a model with vLLM's options, and the speed points wanted of it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, field
from typing import TYPE_CHECKING, Any

from planner.errors import UsageError
from planner.frozen import frozen
from planner.runtime.measure.dummy_model import basename
from planner.vllm.arguments import OPTIONS, VllmArguments
from planner.vllm.command import as_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: the layout, with its short forms in a case's name
_LAYOUT = {
    "tensor_parallel_size": "tp",
    "pipeline_parallel_size": "pp",
    "data_parallel_size": "dp",
    "decode_context_parallel_size": "dcp",
    "prefill_context_parallel_size": "pcp",
    "enable_expert_parallel": "ep",
}
#: options whose product is the number of GPUs
_SIZES = (
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "data_parallel_size",
    "prefill_context_parallel_size",
)
#: what a model without its checkpoint cannot have
_NOT_HERE = ("load_format", "trust_remote_code")
#: of those that place ranks on hosts, what one host takes
_SAME_HOST = ("distributed_executor_backend", "data_parallel_backend", "data_parallel_size_local")
#: what stands for a method in the place of a draft model's name
_NO_DRAFT = ("ngram", "[ngram]")
_LONGEST_NAME = 100
KEY_DIGITS = 16


@frozen
class SpeedPlan:
    """The points to time; none of a kind where its tuple is empty."""

    prefill_tokens: tuple[int, ...] = (512, 2048, 8192)
    """Lengths of a prompt alone."""
    decode_batches: tuple[int, ...] = (1, 8, 64, 256)
    """Requests that decode together, over all replicas."""
    decode_context: int = 1024
    """Tokens of each one's prompt."""
    decode_points: tuple[tuple[int, int], ...] = ()
    """Further batches, each with the tokens of its prompts."""
    decode_steps: int = 32
    """Steps to time, after a warm-up."""
    repeats: int = 5
    """Times each prompt is run, after a warm-up."""


@frozen
class Case:
    """One start of vLLM to measure."""

    model: str
    """An id, a directory or a config.json."""
    arguments: VllmArguments = field(default_factory=VllmArguments)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for this case, beside those of the process."""
    speed: SpeedPlan = field(default_factory=SpeedPlan)
    timeout_s: float = 900.0
    """How long start and points may take together."""
    label: str = ""
    """A name given to it; made of model and options where there is none."""

    @property
    def name(self) -> str:
        """For people and file names; not always unlike another case's."""
        return self.label or self.described(lambda _: True)

    def described(self, tells: Callable[[str], bool]) -> str:
        """A name of the model, the layout and those other options that ``tells`` picks by name."""
        options = {**self.arguments.given(), **dict(self.arguments.other)}
        words = [_word(n, v) for n, v in options.items() if n in _LAYOUT or tells(n)]
        name = "-".join([basename(self.model), *words])
        return re.sub(r"[^\w.=-]+", "-", name)[:_LONGEST_NAME].strip("-")

    @property
    def gpus(self) -> int:
        """GPUs it needs."""
        product = 1
        for size in _SIZES:
            product *= getattr(self.arguments, size) or 1
        return product

    @property
    def draft(self) -> str | None:
        """The draft model of speculative decoding, where it is one of its own."""
        speculative = self.arguments.speculative_config or {}
        named = speculative.get("model") or self.arguments.spec_model
        return str(named) if named and named not in _NO_DRAFT else None

    def check(self) -> None:
        """Whether it can be measured on one host, with dummy weights.

        Raises:
            UsageError: it cannot.
        """
        for name in self.arguments.given():
            option = OPTIONS[name]
            if name in _NOT_HERE:
                raise UsageError(
                    f"{self.name}: {option.flag} is not for planner measure",
                    cause="it runs dummy weights of a configuration, never a checkpoint",
                    fix=f"leave {option.flag} out",
                )
            if option.group == "nodes" and name not in _SAME_HOST:
                raise UsageError(
                    f"{self.name}: {option.flag} is not for planner measure",
                    cause="a case runs on the GPUs of this host",
                    fix=f"leave {option.flag} out",
                )

    def key(self, about: Mapping[str, Any]) -> str:
        """What tells this measurement from any other.

        Args:
            about: what else it depends on: the configuration, software, GPUs.
        """
        identity = {
            "options": as_options(self.arguments),
            "environment": dict(self.environment),
            # a case of before there were such points keeps its key
            "speed": {k: v for k, v in asdict(self.speed).items() if k != "decode_points" or v},
            **about,
        }
        text = json.dumps(identity, sort_keys=True, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def _word(name: str, value: Any) -> str:  # noqa: ANN401 - of any option
    short = _LAYOUT.get(name, name.strip("-").replace("_", "-"))
    if isinstance(value, bool):
        return short if value else f"no-{short}"
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"{short}{'' if name in _LAYOUT else '='}{text}".rstrip("=")
