"""The model could not be fetched.

What it checks:
    a log in which the hub refused or could not be reached.
Why:
    the repository is gated or private, the token is missing, or there is no network.

Example:
    a gated Llama without ``HF_TOKEN``.
Fix:
    accept the licence on the model's page and set ``HF_TOKEN``; ``HF_HUB_OFFLINE=1`` with a copy on
    disk; ``VLLM_USE_MODELSCOPE=True`` for ModelScope.
Source in vLLM:
    ``vllm.transformers_utils.config.get_config``
Versions:
    all
"""

from __future__ import annotations

from planner.finding import Origin, Severity

CODE = "RUN004"
NAME = "model-out-of-reach"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "log"
BAD = ("OSError: You are trying to access a gated repo.",)
GOOD = ("ValueError: No available memory for the cache blocks.",)
LOG = (
    "GatedRepoError",
    "gated repo",
    "RepositoryNotFoundError",
    "LocalEntryNotFoundError",
    "is not a local folder and is not a valid model identifier",
    "couldn't connect to",
)
