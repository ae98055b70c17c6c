"""Which rule must speak for each of vLLM's refusals, and why that one.

``Refusal.error`` is a regular expression over the error that vLLM raised. A finding of any of the
codes counts; other findings beside it do not matter, since a layout can be wrong in several ways
of which vLLM names the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.golden.answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One kind of refusal: what vLLM says, the rules that may answer for it, and why.

    ``says`` is the error for people.
    """

    error: str
    says: str
    codes: tuple[str, ...]
    why: str


REFUSALS = (
    Refusal(
        error=r"Total number of attention heads \(\d+\) must be divisible",
        says="Total number of attention heads (N) must be divisible by tensor parallel size",
        codes=("PAR001", "VER004"),
        why="query heads over ranks; ModernBERT is refused before its layouts are looked at",
    ),
    Refusal(
        error=r"AssertionError: \d+ is not divisible by \d+",
        says="N is not divisible by N",
        codes=("PAR002", "PAR004"),
        why="vLLM names the first dimension it builds: the vocabulary, a projection, heads of a "
        "state; where key-value heads do not divide either, that rule speaks",
    ),
    Refusal(
        error=r"AssertionError: $",
        says="AssertionError without a word",
        codes=("PAR002", "PAR004", "QNT001"),
        why="a bare assertion: key-value heads that ranks cannot share, the heads of an image "
        "encoder, or experts whose slices are no whole groups",
    ),
    Refusal(
        error="ZeroDivisionError: integer modulo by zero",
        says="integer modulo by zero",
        codes=("PAR002",),
        why="gpt-oss counts its key-value heads without copies, so that none is left for a rank",
    ),
    Refusal(
        error="If tensor parallel world size does not divide num_groups",
        says="If tensor parallel world size does not divide num_groups, …",
        codes=("PAR004",),
        why="the groups of a Mamba 2 state are a split dimension",
    ),
    Refusal(
        error="Pipeline parallelism is not supported for this model",
        says="Pipeline parallelism is not supported for this model",
        codes=("PAR010",),
        why="the class lacks SupportsPP",
    ),
    Refusal(
        error=r"Decode context parallelism for GQA/MQA|--decode-context-parallel-size|by dcp_size",
        says="Decode context parallelism for GQA/MQA requires …; must be divisible by dcp_size",
        codes=("PAR013", "LEN002"),
        why="no copies of key-value heads to share the context among; a model that is refused "
        "before its layouts are looked at",
    ),
    Refusal(
        error=r"The quantization method \w+ is not supported for the current GPU",
        says="The quantization method X is not supported for the current GPU",
        codes=("QNT002",),
        why="the method's least compute capability",
    ),
    Refusal(
        error=r"not divisible by (group_size|weight quantization block)|not aligned with the "
        r"quantized weight shape|Failed to find a kernel that can implement the WNA16",
        says="Weight input_size_per_partition=N is not divisible by group_size=N; … not aligned …",
        codes=("QNT001",),
        why="a shard that is no whole number of groups or blocks",
    ),
    Refusal(
        error="No FP8 MoE backend supports the deployment configuration",
        says="No FP8 MoE backend supports the deployment configuration",
        codes=("QNT001",),
        why="below 8.9 only Marlin is left for fp8 experts, and a shard is off its grid",
    ),
    Refusal(
        error="Unknown quantization method|is deprecated and will be removed",
        says="Unknown quantization method: X; The quantization method X is deprecated",
        codes=("QNT003",),
        why="a number format that vLLM gave up, or takes only when told so",
    ),
    Refusal(
        error=r"torch\.\w+ is not supported for quantization method",
        says="torch.X is not supported for quantization method X",
        codes=("QNT005",),
        why="kernels of the format compute in other dtypes",
    ),
    Refusal(
        error="does not support float16",
        says="The model type X does not support float16",
        codes=("HWD006", "QNT003"),
        why="a class that is unstable in float16; the one row is of a format that vLLM gave up",
    ),
    Refusal(
        error="Number of experts in the model must be greater than 0",
        says="Number of experts in the model must be greater than 0",
        codes=("MOE001",),
        why="no experts to spread",
    ),
    Refusal(
        error="User-specified max_model_len",
        says="User-specified max_model_len (N) is greater than the derived max_model_len",
        codes=("LEN001",),
        why="a context beyond the model's",
    ),
    Refusal(
        error=r"FP8 KV cache is not supported by the Triton|No valid attention backend found|"
        r"kv-cache is not supported with fp8|NVFP4 KV cache is not supported|requires DeepGEMM|"
        r"nvfp4 KV cache is not supported with MLA|TurboQuant KV cache requires|"
        r"supports only fp8/fp8_e4m3 quantized KV cache",
        says="FP8 KV cache is not supported by …; No valid attention backend found; …",
        codes=("KVC003",),
        why="no backend reads a cache of that format on that board",
    ),
    Refusal(
        error=r"was supported in vLLM until v[\d.]+, and is not supported anymore",
        says="Model architecture X was supported in vLLM until vN, and is not supported anymore",
        codes=("VER001",),
        why="a class that vLLM gave up",
    ),
    Refusal(
        error="are not supported for now|No model architectures are specified",
        says="Model architectures [X] are not supported for now; No … are specified",
        codes=("VER002",),
        why="a class that vLLM never had, or none named",
    ),
    Refusal(
        error="Unknown RoPE scaling type",
        says="Unknown RoPE scaling type X",
        codes=("LEN002",),
        why="a rotary type that vLLM does not build",
    ),
    Refusal(
        error="Cannot resolve attention scaling expression",
        says="Cannot resolve attention scaling expression X",
        codes=("VER004",),
        why="a class of transformers whose softmax scale vLLM cannot read",
    ),
)


def refusal(error: str) -> Refusal | None:
    """The kind of a refusal; None where the table does not know it."""
    return next((kind for kind in REFUSALS if re.search(kind.error, error)), None)


def caught(answer: Answer) -> bool:
    """Whether a rejected row is refused by the right rule."""
    kind = refusal(answer.row.error)
    return kind is not None and any(code in kind.codes for code in answer.codes)


def false_alarm(answer: Answer) -> bool:
    """Whether the planner claims that vLLM refuses a row it accepts, or cannot read its model."""
    return answer.row.accepted and bool(answer.codes or answer.refusal)
