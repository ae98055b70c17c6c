"""vLLM has no rotary embedding of the type that the configuration names.

What it checks:
    ``rope_type`` (``type`` in older files) of the language model is one that vLLM builds, and
    ``dynamic`` brings the factor it needs.
Why:
    the rotary table is made by type; vLLM refuses an unknown one when the first layer is built.

Example:
    ``"rope_scaling": {"rope_type": "gptj"}``.
Fix:
    the type the original checkpoint has, in config.json or by ``--hf-overrides``.
Source in vLLM:
    ``vllm.model_executor.layers.rotary_embedding.get_rope``: ``Unknown RoPE scaling type``
Versions:
    as 0.33 has them
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.model.rope import rope_parameter_sets
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.rules.base import AskedModel

CODE = "LEN002"
NAME = "rope-scaling-unknown"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "model"
BAD = ("--model EleutherAI/gpt-j-6b --gpus H100",)
GOOD = ("--model meta-llama/Llama-3.1-8B-Instruct --gpus H100",)

#: what get_rope builds; vLLM reads the older names su, mrope and telechat3-yarn as one of them
_KNOWN = (
    "default",
    "bailing_mrope",
    "proportional",
    "llama3",
    "mllama4",
    "linear",
    "ntk",
    "dynamic",
    "yarn",
    "deepseek_yarn",
    "deepseek_llama_scaling",
    "longrope",
    "openpangu",
    "telechat3-yarn",
)
_TEXT = ("text_config", "llm_config", "language_config")


def check(asked: AskedModel) -> Explanation | None:
    """Name the type."""
    keys = asked.keys
    text = [keys.part(name) for name in _TEXT if isinstance(keys.raw(name), dict)]
    for parameters in (each for part in (keys, *text) for each in rope_parameter_sets(part)):
        kind = parameters["rope_type"]
        if kind not in _KNOWN:
            return _explanation(f"vLLM has no rotary embedding of type {kind!r}")
        if kind == "dynamic" and not parameters.keys() & {"alpha", "factor"}:
            return _explanation("a dynamic rotary embedding needs an alpha or a factor")
    return None


def _explanation(message: str) -> Explanation:
    return Explanation(
        message=message,
        cause="rope_scaling or rope_parameters of config.json says so",
        fix="put in what the original checkpoint has, in the file or by --hf-overrides",
        source="vllm.model_executor.layers.rotary_embedding.get_rope",
    )
