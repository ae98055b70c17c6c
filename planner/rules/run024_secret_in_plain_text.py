"""A manifest holds a secret in plain text.

What it checks:
    variables of a container and options of the command that are known to hold secrets, with a
    value in the file.
Why:
    who can read the repository, the list of processes or the pod can use the key.

Example:
    ``VLLM_API_KEY: sk-…`` in a compose file; ``--api-key sk-…`` in a command.
Fix:
    compose: the name alone, or ``env_file``; Kubernetes: ``valueFrom.secretKeyRef``; leave
    ``--api-key`` out and set ``VLLM_API_KEY``.
Source in vLLM:
    ``vllm.envs`` VLLM_API_KEY, ``vllm.entrypoints.openai.cli_args`` --api-key (0.33.0)
Versions:
    all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.rules.parts.deployment import ARGS, deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.case.document import DocumentCase

CODE = "RUN024"
NAME = "secret-in-plain-text"
SEVERITY = Severity.ERROR
ORIGIN = Origin.POLICY
SCOPE = "document"
BAD = (
    deployment("env: [{name: HF_TOKEN, value: hf_abcdefgh}]"),
    deployment(args=f"{ARGS}, --api-key, sk-abc"),
)
GOOD = (deployment("env: [{name: HF_TOKEN, valueFrom: {secretKeyRef: {name: hf, key: token}}}]"),)

#: variables that hold secrets
_VARIABLES = (
    "VLLM_API_KEY",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "MODELSCOPE_API_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
)
#: options that do, with the variable that takes their place
_OPTIONS = {"--api-key": "VLLM_API_KEY", "--hf-token": "HF_TOKEN"}


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name the variable or the option, never its value."""
    for name, variable in document.container.variables.items():
        # $(NAME) and ${NAME} are put in elsewhere
        if name in _VARIABLES and variable.value and not variable.value.startswith("$"):
            yield Explanation(
                message=f"{name} stands in the file",
                cause="whoever reads the file can use it",
                fix="compose: the name without a value; Kubernetes: valueFrom.secretKeyRef",
                source="vllm.envs",
                place=variable.place,
            )
    for flag, values in document.target.arguments.other:
        if flag in _OPTIONS and values and not values[0].startswith("$"):
            yield Explanation(
                message=f"{flag} stands in the command with its value",
                cause="whoever reads the file or the list of processes can use it",
                fix=f"leave {flag} out and hand over {_OPTIONS[flag]} as a secret",
                source="vllm.entrypoints.openai.cli_args",
                place=document.container.places.get("args") or document.target.location(flag),
            )
