"""Tensors that a model class makes for a whole batch when it is built, told from its keys.

They are no buffers: vLLM's own list of a model's tensors does not hold them, its line
``Model loading took`` counts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.frozen import frozen
from planner.units import DTYPE_BYTES, round_up

if TYPE_CHECKING:
    from collections.abc import Mapping

_INDEX_BYTES = DTYPE_BYTES["int32"]
_POOLED_MULTIPLE = 128


@frozen
class BatchTensors:
    """What one token of the largest step takes.

    Attributes:
        first_elements: numbers of the model's dtype on the first pipeline stage.
        every_bytes: bytes on each stage.
    """

    first_elements: int = 0
    every_bytes: int = 0


def batch_tensors(config: Mapping[str, Any]) -> BatchTensors:
    """A configuration's, from its keys; nothing for most models.

    Deepstack encoders keep their levels' features beside the text's embeddings, per-layer
    embeddings are kept for all layers, and a sparse attention's indexer keeps its choice.

    Source: vllm.model_executor.models.qwen3_vl.Qwen3VLForConditionalGeneration, .gemma3n_mm.
    Gemma3nForConditionalGeneration, .gemma4_mm, .deepseek_v2.DeepseekV2Model (0.33.0)
    Checked: Qwen3-VL-30B-A3B TP4 loads 14.771 GiB with it.
    """
    text = _part(config, "text_config", "thinker_config", "llm_config") or config
    text = _part(text, "text_config") or text
    levels = _length(_vision(config).get("deepstack_visual_indexes"))
    elements = levels * _size(text, "hidden_size")
    if text is not config:
        elements += _size(text, "hidden_size_per_layer_input") * _size(text, "num_hidden_layers")
    return BatchTensors(first_elements=elements, every_bytes=_picks(text) * _INDEX_BYTES)


def _picks(text: Mapping[str, Any]) -> int:
    """Positions that indexers keep of each token: one table, or one a layer (Qwen3.8 Next).

    Source: vllm.models.glm5next.common.model.get_sparse_topk_buffer_width,
    vllm.models.qwen4_exp.nvidia.qsa.Qwen4ExpQSAAttention (0.33.0)
    """
    pool = _size(text, "index_kpool")
    if pool:
        return round_up(_size(text, "index_topk") + pool - 1, _POOLED_MULTIPLE)
    width = _size(text, "indexer_budget") + _size(text, "indexer_compress_ratio")
    kinds = text.get("layer_types")
    if not width or not isinstance(kinds, list):
        return _size(text, "index_topk")
    layers = len(kinds) - kinds.count("linear_attention")
    return width * layers


def _vision(config: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = _part(config, "thinker_config")
    return _part(inner or config, "vision_config") or {}


def _part(config: Mapping[str, Any], *names: str) -> Mapping[str, Any] | None:
    parts = (config.get(name) for name in names)
    return next((part for part in parts if isinstance(part, dict)), None)


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0


def _size(config: Mapping[str, Any], name: str) -> int:
    value = config.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
