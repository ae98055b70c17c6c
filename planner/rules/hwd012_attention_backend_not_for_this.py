"""The asked attention backend does not serve the model, or not on this board.

What it checks:
    ``--attention-backend`` is one for latent attention where the model has it, for other
    attention where not, and has kernels for the board.
Why:
    vLLM takes what is asked for or ends; it looks for no other.

Example:
    ``--attention-backend FLASHMLA`` on Llama.
Fix:
    leave it out: vLLM takes the first that serves.
Source in vLLM:
    ``vllm.platforms.cuda.CudaPlatformBase.get_attn_backend_cls`` (0.33.0): ``Selected backend X
    is not valid for this configuration``
Versions:
    0.33, whose backends were read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.finding import Origin, Severity
from planner.rules.base import Explanation
from planner.vllm.attention_kernels import known_kernels
from planner.vllm.attention_need import capability_text

if TYPE_CHECKING:
    from planner.case import Case
    from planner.units import Bools

CODE = "HWD012"
NAME = "attention-backend-not-for-this"
SEVERITY = Severity.ERROR
ORIGIN = Origin.VLLM
SCOPE = "layout"
BAD = (
    "--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --attention-backend FLASHMLA",
    (
        "--model Qwen/Qwen3-1.7B --gpus T4 --dtype half --max-model-len 2048"
        " --attention-backend FLASH_ATTN"
    ),
)
GOOD = (
    ("--model meta-llama/Llama-3.1-8B-Instruct --gpus 8xH100 --attention-backend TRITON_ATTN"),
    "--model deepseek-ai/DeepSeek-R1 --gpus 8xH200 -tp 8 --attention-backend FLASHMLA",
)
LOG = ("is not valid for this configuration",)

_READ = (0, 33)


def broken(case: Case) -> Bools | bool:
    """All rows or none."""
    return _why(case) != ""


def explain(case: Case, row: int) -> Explanation:
    """Name the backend and the reason."""
    del row
    return Explanation(
        message=f"--attention-backend {case.arguments.attention_backend}: {_why(case)}",
        cause="vLLM takes the asked backend or ends",
        fix="leave it out: the first that serves is taken",
        source="vllm.platforms.cuda.CudaPlatformBase.get_attn_backend_cls",
    )


def _why(case: Case) -> str:
    kernel = known_kernels().get((case.arguments.attention_backend or "").upper())
    cuda = case.group.accelerator.platform == "cuda"
    if kernel is None or not cuda or case.version.number < _READ:
        return ""
    if kernel.mla != case.architecture.uses_mla:
        having = "has no" if kernel.mla else "has"
        return f"{case.architecture.name} {having} latent attention"
    capability = case.settings.capability
    if capability // 10 not in kernel.majors:
        return f"no kernels for compute capability {capability_text(capability)}"
    return ""
