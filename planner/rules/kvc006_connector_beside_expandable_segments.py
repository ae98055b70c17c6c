"""A KV cache in expandable segments cannot be moved.

What it checks:
    ``--kv-transfer-config`` names a connector while ``PYTORCH_CUDA_ALLOC_CONF`` has
    ``expandable_segments:True``, without ``--enable-sleep-mode``.
Why:
    such memory is mapped piece by piece, and network cards cannot register it; vLLM refuses it.

Example:
    ``PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True`` in a prefill server's environment.
Fix:
    leave the variable out.
Source in vLLM:
    ``vllm.config.vllm.VllmConfig`` (0.33.0): ``incompatible with
    PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True``
Versions:
    0.33, which was read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "KVC006"
NAME = "connector-beside-expandable-segments"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    (
        "--gpus 8xH100 -- PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True vllm serve"
        ' meta-llama/Llama-3.1-8B-Instruct --kv-transfer-config \'{"kv_connector":'
        ' "NixlConnector", "kv_role": "kv_both"}\''
    ),
)
GOOD = (
    (
        "--gpus 8xH100 -- vllm serve meta-llama/Llama-3.1-8B-Instruct"
        ' --kv-transfer-config \'{"kv_connector": "NixlConnector", "kv_role":'
        ' "kv_both"}\''
    ),
)
LOG = ("incompatible with PYTORCH_CUDA_ALLOC_CONF=expandable_segments",)

_VARIABLE = "PYTORCH_CUDA_ALLOC_CONF"
_SETTING = "expandable_segments:True"
#: the release whose check was read; earlier ones may let it pass
_READ = (0, 33)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    asked = case.arguments
    moved = bool((asked.kv_transfer_config or {}).get("kv_connector"))
    segments = _SETTING in case.environment.get(_VARIABLE, "")
    read = case.version.number >= _READ
    return read and moved and segments and not asked.enable_sleep_mode


def explain(case: Case, row: int) -> Explanation:
    """Name the variable."""
    del case, row
    return Explanation(
        message=f"a KV cache connector with {_VARIABLE}={_SETTING}",
        cause="memory that is mapped piece by piece cannot be registered for transfers",
        fix=f"leave {_VARIABLE} unset",
        source="vllm.config.vllm.VllmConfig",
    )
