"""What drafts, or how much, is not said, or contradicts itself.

What it checks:
    a number of drafted tokens comes with a method or a model, a draft model with a number, and
    the shortest look-up of an n-gram is not above the longest.
Why:
    vLLM does not guess any of them.

Example:
    ``--spec-tokens 4`` alone.
Fix:
    ``--spec-method ngram``, or ``--spec-model`` with a draft model.
Source in vLLM:
    ``vllm.config.speculative.SpeculativeConfig.__post_init__`` (0.33.0):
    ``num_speculative_tokens was provided but without speculative model``
Versions:
    all with the options; read in 0.33.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.parts.options import of_options
from planner.vllm.speculation import speculation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.rules.parts.options import Told

CODE = "SPC001"
NAME = "speculation-contradicts-itself"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --spec-tokens 4",
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --speculative-config"
        ' \'{"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_min": 5,'
        ' "prompt_lookup_max": 3}\''
    ),
)
GOOD = (
    ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --spec-method ngram --spec-tokens 4"),
)
LOG = ("num_speculative_tokens was provided but without", "must be <= prompt_lookup_max")

_NEED_NUMBER = ("ngram", "draft_model")


def _wrong(case: Case) -> Told | None:
    asked = speculation(case.arguments)
    tokens = asked.get("num_speculative_tokens")
    if tokens is not None and not asked.get("method") and not asked.get("model"):
        return (
            f"{tokens} tokens are to be drafted, and nothing says by what",
            "vLLM wants a method or a draft model",
            "--spec-method ngram, or --spec-model MODEL",
        )
    if asked.get("method") in _NEED_NUMBER and tokens is None:
        return (
            f"{asked['method']} is to draft, and nothing says how many tokens",
            "vLLM wants the number",
            "--spec-tokens 4",
        )
    shortest, longest = (asked.get(f"prompt_lookup_{end}") for end in ("min", "max"))
    if isinstance(shortest, int) and isinstance(longest, int) and shortest > longest:
        return (
            f"prompt_lookup_min {shortest} is above prompt_lookup_max {longest}",
            "n-grams of the prompt are looked up from the longest to the shortest",
            f"prompt_lookup_min {longest} or less",
        )
    return None


broken, explain = of_options(
    _wrong, source="vllm.config.speculative.SpeculativeConfig.__post_init__"
)
