"""The server runs code that comes with the checkpoint.

What it checks:
    ``--trust-remote-code`` in a manifest, where no revision is named.
Why:
    whoever can change the repository on the hub runs code in the cluster, with the server's
    secrets and network.

Example:
    ``--trust-remote-code`` for a model that vLLM has a class for.
Fix:
    leave it out where vLLM starts without; else name the ``--revision`` that was read.
Source in vLLM:
    ``vllm.config.model.ModelConfig.trust_remote_code`` (0.33.0)
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

CODE = "RUN038"
NAME = "remote-code-trusted"
SEVERITY = Severity.WARNING
ORIGIN = Origin.POLICY
SCOPE = "document"
BAD = (deployment(args=f"{ARGS}, --trust-remote-code"),)
GOOD = (
    deployment(),
    deployment(args=f"{ARGS}, --trust-remote-code, --revision, 9c925d64d727"),
)


def check(document: DocumentCase) -> Iterator[Explanation]:
    """Name the option."""
    target = document.target
    if target.arguments.trust_remote_code and target.revision is None and target.container:
        yield Explanation(
            message="--trust-remote-code, and no revision is named",
            cause="who can change the checkpoint's repository runs code here",
            fix="leave it out, or name what was read: --revision COMMIT",
            source="vllm.config.model.ModelConfig.trust_remote_code",
            place=target.location("trust_remote_code"),
        )
