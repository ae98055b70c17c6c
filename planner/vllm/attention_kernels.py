"""vLLM's attention backends on CUDA: what each takes, and in which order they are tried.

Only what decides which backend serves a layer and how long its blocks are. A backend's
kernels take blocks of ``block_sizes`` tokens: these alone when ``exact``, else their
multiples too. Capabilities are counted as vLLM does: 75, 80, 89, 90, 100, 120.
Source: vllm.platforms.cuda._get_backend_priorities and the classes of
vllm.v1.attention.backends (0.33.0)
"""

from __future__ import annotations

from functools import cache

from planner.frozen import frozen

_HALF = frozenset({"float16", "bfloat16"})
_ANY_FLOAT = _HALF | {"float32"}
_PLAIN = frozenset({"auto", "float16", "bfloat16"})
_FP8 = frozenset({"fp8", "fp8_e4m3"})
_ALL_MAJORS = frozenset(range(5, 13))
_MLA_HEADS = frozenset({320, 512, 576})


@frozen
class Kernel:
    """One backend. ``sink_majors`` are the major capabilities on which it takes sinks."""

    name: str
    block_sizes: tuple[int, ...]
    exact: bool = False
    majors: frozenset[int] = _ALL_MAJORS
    dtypes: frozenset[str] = _HALF
    kv_dtypes: frozenset[str] = _PLAIN
    head_sizes: frozenset[int] | None = None
    roles: frozenset[str] = frozenset({"decoder"})
    mla: bool = False
    sparse: bool = False
    windows: bool = False
    dcp: bool = False
    mm_prefix: bool = False
    sink_majors: frozenset[int] = frozenset()
    needs_flashinfer: bool = False


FLASH_ATTN = Kernel(
    name="FLASH_ATTN",
    block_sizes=(16,),
    majors=frozenset(range(8, 13)),
    kv_dtypes=_PLAIN | _FP8,
    roles=frozenset({"decoder", "encoder_only", "cross"}),
    windows=True,
    dcp=True,
    mm_prefix=True,
    sink_majors=frozenset({9, 10}),
)
FLASHINFER = Kernel(
    name="FLASHINFER",
    block_sizes=(16, 32, 64),
    exact=True,
    majors=frozenset(range(8, 13)),
    kv_dtypes=_PLAIN | _FP8 | {"fp8_e5m2", "nvfp4", "nvfp4_4over6"},
    head_sizes=frozenset({64, 128, 256, 512}),
    windows=True,
    dcp=True,
    sink_majors=frozenset({9, 10, 12}),
    needs_flashinfer=True,
)
TRITON_ATTN = Kernel(
    name="TRITON_ATTN",
    block_sizes=(16,),
    dtypes=_ANY_FLOAT,
    kv_dtypes=_PLAIN
    | _FP8
    | {"fp8_e5m2", "int4_per_token_head", "int8_per_token_head", "fp8_per_token_head"},
    roles=frozenset({"decoder", "encoder_only", "cross"}),
    windows=True,
    mm_prefix=True,
    sink_majors=_ALL_MAJORS,
)
FLEX_ATTENTION = Kernel(
    name="FLEX_ATTENTION",
    block_sizes=(16,),
    dtypes=_ANY_FLOAT,
    roles=frozenset({"decoder", "encoder_only"}),
    windows=True,
    mm_prefix=True,
)
TURBOQUANT = Kernel(
    name="TURBOQUANT",
    block_sizes=(16, 32, 64, 128),
    exact=True,
    kv_dtypes=frozenset(
        {"turboquant_k8v4", "turboquant_4bit_nc", "turboquant_k3v4_nc", "turboquant_3bit_nc"}
    ),
)
#: Triton for the tokens of an image, the other for the rest
TRITON_FLASH_ATTN = Kernel(
    name="TRITON_FLASH_ATTN",
    block_sizes=(16,),
    majors=frozenset({9}),
    kv_dtypes=_PLAIN | _FP8,
    head_sizes=frozenset({256, 512}),
    windows=True,
    mm_prefix=True,
    sink_majors=frozenset({9}),
)
TRITON_FLASHINFER = Kernel(
    name="TRITON_FLASHINFER",
    block_sizes=(16, 32, 64),
    exact=True,
    majors=frozenset({10}),
    kv_dtypes=_PLAIN | _FP8,
    head_sizes=frozenset({256, 512}),
    windows=True,
    mm_prefix=True,
    sink_majors=frozenset({10}),
    needs_flashinfer=True,
)


def _mla(name: str, sizes: tuple[int, ...], majors: set[int], *, fp8: bool = True) -> Kernel:
    return Kernel(
        name=name,
        block_sizes=sizes,
        exact=len(sizes) > 1 or name in ("FLASHMLA", "CUTLASS_MLA"),
        majors=frozenset(majors),
        kv_dtypes=_PLAIN | _FP8 if fp8 else _PLAIN,
        head_sizes=_MLA_HEADS,
        mla=True,
        dcp=True,
        needs_flashinfer=name.startswith("FLASHINFER"),
    )


FLASH_ATTN_MLA = _mla("FLASH_ATTN_MLA", (16,), {9}, fp8=False)
FLASHMLA = _mla("FLASHMLA", (64,), {9})
FLASHINFER_MLA = _mla("FLASHINFER_MLA", (32, 64), {10})
CUTLASS_MLA = _mla("CUTLASS_MLA", (128,), {10})
TRITON_MLA = Kernel(
    name="TRITON_MLA", block_sizes=(16,), kv_dtypes=_PLAIN | _FP8, mla=True, dcp=True
)

FLASH_ATTN_MLA_SPARSE = Kernel(
    name="FLASH_ATTN_MLA_SPARSE",
    block_sizes=(64,),
    majors=frozenset({9}),
    mla=True,
    sparse=True,
)
FLASHMLA_SPARSE = Kernel(
    name="FLASHMLA_SPARSE",
    block_sizes=(64,),
    majors=frozenset({9, 10}),
    dtypes=frozenset({"bfloat16"}),
    kv_dtypes=frozenset({"auto", "bfloat16", "fp8", "fp8_ds_mla", "nvfp4_ds_mla"}),
    head_sizes=frozenset({512, 576}),
    mla=True,
    sparse=True,
    dcp=True,
)


def _flashinfer_sparse(name: str, size: int, major: int, *kv_dtypes: str) -> Kernel:
    return Kernel(
        name=name,
        block_sizes=(size,),
        majors=frozenset({major}),
        dtypes=_HALF if major == 10 else frozenset({"bfloat16"}),  # noqa: PLR2004 - a capability
        kv_dtypes=_FP8 | {"auto", *kv_dtypes},
        head_sizes=frozenset({512, 576}),
        mla=True,
        sparse=True,
        dcp=True,
        # that of datacentre Blackwell imports the package only when it runs
        needs_flashinfer=major != 10,  # noqa: PLR2004 - a capability
    )


FLASHINFER_MLA_SPARSE = _flashinfer_sparse("FLASHINFER_MLA_SPARSE", 32, 10, "float16", "bfloat16")
FLASHINFER_MLA_SPARSE_SM90 = _flashinfer_sparse("FLASHINFER_MLA_SPARSE_SM90", 64, 9, "bfloat16")
FLASHINFER_MLA_SPARSE_SM120 = _flashinfer_sparse(
    "FLASHINFER_MLA_SPARSE_SM120", 64, 12, "fp8_ds_mla"
)

_GENERAL = (FLASH_ATTN, FLASHINFER, TRITON_ATTN, FLEX_ATTENTION, TURBOQUANT)


def priorities(major: int, *, mla: bool, mm_prefix: bool, quantized: bool) -> tuple[Kernel, ...]:
    """The backends tried on a capability, the preferred first.

    Left out: TOKENSPEED_MLA, which needs a package that vLLM does not bring, and the FA4
    sparse kernel, whose blocks are those of its neighbours.
    Source: vllm.platforms.cuda._get_backend_priorities (0.33.0)
    """
    if not mla:
        if major == 10:  # noqa: PLR2004 - a capability
            head = (TRITON_FLASHINFER,) if mm_prefix else ()
            return (*head, FLASHINFER, FLASH_ATTN, *_GENERAL[2:])
        return (TRITON_FLASH_ATTN, *_GENERAL) if major == 9 and mm_prefix else _GENERAL  # noqa: PLR2004
    if major == 10:  # noqa: PLR2004
        sparse = (FLASHINFER_MLA_SPARSE, FLASHMLA_SPARSE)
        sparse = sparse if quantized else sparse[::-1]
        return (FLASHINFER_MLA, CUTLASS_MLA, TRITON_MLA, *sparse)
    if major == 12:  # noqa: PLR2004
        return (TRITON_MLA, FLASHINFER_MLA_SPARSE_SM120)
    return (
        FLASH_ATTN_MLA,
        FLASHMLA,
        TRITON_MLA,
        FLASH_ATTN_MLA_SPARSE,
        FLASHMLA_SPARSE,
        FLASHINFER_MLA_SPARSE_SM90,
    )


@cache
def known_kernels() -> dict[str, Kernel]:
    """The backends of this table, by vLLM's name."""
    return {each.name: each for each in globals().values() if isinstance(each, Kernel)}
