"""The text model within a multimodal configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planner.model.cache import FullAttention, SlidingWindow
from planner.model.read import read_architecture
from planner.model.rope import rope_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.model.architecture import Architecture
    from planner.model.cache import CacheSpec
    from planner.model.keys import Keys

TEXT_PART = "text_config"
_CAUSAL = {
    "": "LlamaForCausalLM",
    "cohere": "CohereForCausalLM",
    "cohere2": "Cohere2ForCausalLM",
    "deepseek_v2": "DeepseekV2ForCausalLM",
    "deepseek_v3": "DeepseekV3ForCausalLM",
    "ernie4_5": "Ernie4_5ForCausalLM",
    "exaone4": "Exaone4ForCausalLM",
    "gemma": "GemmaForCausalLM",
    "gemma2": "Gemma2ForCausalLM",
    "gemma3_text": "Gemma3ForCausalLM",
    "glm4": "Glm4ForCausalLM",
    "glm4_moe": "Glm4MoeForCausalLM",
    "gpt_oss": "GptOssForCausalLM",
    "granite": "GraniteForCausalLM",
    "granitemoehybrid": "GraniteMoeHybridForCausalLM",
    "helium": "HeliumForCausalLM",
    "internlm2": "InternLM2ForCausalLM",
    "lfm2": "Lfm2ForCausalLM",
    "lfm2_moe": "Lfm2MoeForCausalLM",
    "llama": "LlamaForCausalLM",
    "ministral3": "Ministral3ForCausalLM",
    "mistral": "MistralForCausalLM",
    "mixtral": "MixtralForCausalLM",
    "nemotron_h": "NemotronHForCausalLM",
    "olmo2": "Olmo2ForCausalLM",
    "opt": "OPTForCausalLM",
    "phi": "PhiForCausalLM",
    "phi3": "Phi3ForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen2_moe": "Qwen2MoeForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "qwen3_moe": "Qwen3MoeForCausalLM",
    "qwen3_next": "Qwen3NextForCausalLM",
    "smollm3": "SmolLM3ForCausalLM",
    "stablelm": "StableLmForCausalLM",
    "step3_text": "Step3TextForCausalLM",
}
"""part of transformers.models.auto.modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES (5.19)"""


def text_part(
    keys: Keys,
    defaults: Mapping[str, Any] | None = None,
    *,
    name: str = TEXT_PART,
    tied: bool | None = False,
) -> Keys:
    """The text model's keys with its class's defaults; the whole file says whether it is tied.

    ``tied`` is the default of the whole file's class, None for a class without that key.
    Source: vllm.config.vllm.VllmConfig.with_hf_config (0.33.0)
    """
    part = keys.part(name).with_defaults(defaults or {})
    if tied is None and "tie_word_embeddings" not in keys:
        return part
    outer = keys.flag("tie_word_embeddings", default=bool(tied))
    return part.replaced({"tie_word_embeddings": outer})


def with_positions_of_tokens(keys: Keys) -> Keys:
    """A rotary table as long as the context: positions of images never exceed the tokens.

    Source: vllm.model_executor.models.qwen3_vl.mrope_positions_factor (0.33.0), without
    ``--video-pruning-rate``
    """
    parameters = rope_parameters(keys)
    parameters.pop("mrope_section", None)
    return keys.replaced({"rope_parameters": parameters, "rope_scaling": None})


def registered(keys: Keys) -> Architecture:
    """The text model by its own class, or the causal one of its ``model_type``.

    Raises:
        InvalidInputError: no family reads it.

    Source: vllm.model_executor.models.utils.init_vllm_registered_model (0.33.0)
    """
    kind = keys.text("model_type")
    names = keys.list("architectures") or [_CAUSAL.get(kind, kind)]
    return read_architecture(keys.replaced({"architectures": names}).mapping)


def with_image_prefix(architecture: Architecture) -> Architecture:
    """The same where the tokens of an image see each other, which few kernels can do.

    Source: vllm.config.model.ModelConfig.is_mm_prefix_lm (0.33.0)
    """
    changed = {
        layer: replace(layer, caches=tuple(map(_with_prefix, layer.caches)))
        for layer in architecture.kinds
    }
    return replace(architecture, layers=tuple(changed[layer] for layer in architecture.layers))


def _with_prefix(cache: CacheSpec) -> CacheSpec:
    if isinstance(cache, (FullAttention, SlidingWindow)):
        return replace(cache, mm_prefix=True)
    return cache
