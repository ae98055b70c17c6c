"""The KV cache is to be moved, and it is not said in which direction.

What it checks:
    a ``kv_connector`` of ``--kv-transfer-config`` has a ``kv_role`` of kv_producer, kv_consumer
    or kv_both.
Why:
    vLLM does not start without it.

Example:
    ``--kv-transfer-config '{"kv_connector": "NixlConnector"}'``.
Fix:
    ``"kv_role": "kv_both"``.
Source in vLLM:
    ``vllm.config.kv_transfer.KVTransferConfig.__post_init__`` (0.11.0, 0.33.0): ``Please
    specify kv_role when kv_connector is set``
Versions:
    all with the option
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "KVC004"
NAME = "connector-without-role"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --kv-transfer-config"
        ' \'{"kv_connector": "NixlConnector"}\''
    ),
)
GOOD = (
    (
        "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --kv-transfer-config"
        ' \'{"kv_connector": "NixlConnector", "kv_role": "kv_both"}\''
    ),
)
LOG = ("Please specify kv_role when kv_connector", "Unsupported kv_role")

_ROLES = ("kv_producer", "kv_consumer", "kv_both")


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    asked = case.arguments.kv_transfer_config or {}
    role = asked.get("kv_role")
    return (bool(asked.get("kv_connector")) and role is None) or role not in (None, *_ROLES)


def explain(case: Case, row: int) -> Explanation:
    """Name the connector."""
    del row
    asked = case.arguments.kv_transfer_config or {}
    return Explanation(
        message=f"{asked.get('kv_connector')} with kv_role {asked.get('kv_role') or 'unset'}",
        cause="a server gives its KV cache away, takes it, or does both",
        fix='"kv_role": "kv_both", "kv_producer" or "kv_consumer"',
        source="vllm.config.kv_transfer.KVTransferConfig.__post_init__",
    )
