"""Which dtype a checkpoint is in, and which models vLLM refuses to run in float16."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.model.keys import Keys

FORBIDS_FLOAT16 = {
    name: f"{name} is numerically unstable in float16"
    for name in ("gemma2", "gemma3", "gemma3_text", "glm4")
}
"""vllm.config.model._FLOAT16_NOT_SUPPORTED_MODELS (0.33.0), by ``model_type``"""


def checkpoint_dtype(root: Keys, text: Keys) -> str | None:
    """The dtype a configuration states; a multimodal one may state it in a part.

    Source: vllm.transformers_utils.model_arch_config_convertor
    .ModelArchConfigConvertorBase.get_torch_dtype (0.33.0)
    """
    for keys in (root, text, root.part("vision_config"), root.part("encoder_config")):
        name = keys.text("dtype", "torch_dtype").removeprefix("torch.")
        if name:
            return name
    return None
