"""Which dtype vLLM runs a model in."""

from __future__ import annotations

BFLOAT16_CAPABILITY = 80
"""the least compute capability with bfloat16 (vllm.platforms.cuda, 0.33.0)"""

_SPELLINGS = {"half": "float16", "float": "float32"}


def resolve_dtype(
    asked: str, stated: str | None, *, capability: int, forbids_float16: bool, pooling: bool
) -> str:
    """The dtype of weights and activations, by torch's name.

    ``asked`` is ``--dtype``, ``stated`` the checkpoint's. float32 checkpoints are brought down
    to 16 bits; where the GPU has no bfloat16 float16 takes its place, or float32 for the
    classes that vLLM never runs in float16.
    Source: vllm.config.model._resolve_auto_dtype, _get_and_verify_dtype (0.33.0)

    >>> resolve_dtype("auto", "bfloat16", capability=75, forbids_float16=False, pooling=False)
    'float16'
    """
    if asked != "auto":
        return _SPELLINGS.get(asked, asked)
    supported = ["float16", "float32"]
    if capability >= BFLOAT16_CAPABILITY:
        supported.insert(0, "bfloat16")
    if forbids_float16:
        supported.remove("float16")
    preferred = "float16" if pooling and "float16" in supported else supported[0]
    wanted = preferred if stated in {None, "float32"} else str(stated)
    return wanted if wanted in supported else preferred
