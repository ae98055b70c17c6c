"""What options about images, videos and sound mean: how many a prompt holds, who decodes videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.units import GIB, MIB
from planner.vllm.environment import VIDEO_LOADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: items of a kind that nobody limits
UNLIMITED = 999
#: the one loader of videos that decodes on the GPU
_GPU_LOADER = "pynvvideocodec"
_DECODERS = 2
_DECODER_BYTES = 128 * MIB
_SURFACES, _COLOURS = 2, 3
#: CUDA context and driver memory of an HTTP process that decodes
_CONTEXT_BYTES = int(1.8 * GIB)


def item_limit(limits: Mapping[str, Any] | None, kind: str) -> int:
    """Items of a kind that a prompt may hold; a kind that is not named is not limited.

    Source: vllm.config.multimodal.MultiModalConfig.get_limit_per_prompt (0.33.0)

    >>> item_limit({"image": 2, "video": {"count": 0}}, "video"), item_limit(None, "image")
    (0, 999)
    """
    given = (limits or {}).get(kind)
    if isinstance(given, dict):
        given = given.get("count")
    return given if isinstance(given, int) else UNLIMITED


def leaves_out(limits: Mapping[str, Any] | None, kinds: Iterable[str]) -> bool:
    """Whether a prompt may hold nothing of some kinds: their encoder is not built.

    Source: vllm.model_executor.models.interfaces.SupportsMultiModal._mark_tower_model (0.33.0)
    """
    return all(item_limit(limits, kind) == 0 for kind in kinds)


def decoder_bytes(media_io_kwargs: Mapping[str, Any] | None, environment: Mapping[str, str]) -> int:
    """What an HTTP process that decodes videos on the GPU is given there; 0 where none does.

    Surfaces of its decoders, and a CUDA context. Each process has its own.
    Source: vllm.multimodal.gpu_ipc_memory.reserve_mm_ipc_gpu_memory,
    vllm.multimodal.video_decoders.pynvvideocodec (0.33.0)
    """
    given = (media_io_kwargs or {}).get("video")
    video: Mapping[str, Any] = given if isinstance(given, dict) else {}
    loader = video.get("video_backend") or environment.get(VIDEO_LOADER)
    if _GPU_LOADER not in {loader, video.get("backend")}:
        return 0
    width, height = (_whole(video.get(side)) for side in ("max_width", "max_height"))
    surfaces = width * height * _COLOURS * _SURFACES
    decoders = _whole(video.get("hw_decoders")) or _DECODERS
    return decoders * max(_DECODER_BYTES, surfaces) + _CONTEXT_BYTES


def _whole(value: Any) -> int:  # noqa: ANN401 - whatever a JSON option holds
    return value if isinstance(value, int) else 0
