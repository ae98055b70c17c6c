from __future__ import annotations

import json
from typing import TYPE_CHECKING

from planner.estimate import estimate
from planner.request import request

if TYPE_CHECKING:
    from pathlib import Path

    from planner.plan import Answer, Layout

R1 = "deepseek-ai/DeepSeek-R1"
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
MTP = {"method": "mtp", "num_speculative_tokens": 1}


def answer(model: str, gpus: str, **options: object) -> Answer:
    return estimate(request(model=model, gpus=gpus, offline=True, calibration=False, **options), {})


def layout(model: str, gpus: str, **options: object) -> Layout:
    return answer(model, gpus, **options).layouts[0]


def bytes_per_token(found: Layout) -> float:
    assert found.kv_cache is not None
    return found.kv_cache.bytes_per_token or 0.0


def parameters(found: Layout) -> list[int]:
    assert found.memory is not None
    return [stage.parameter_bytes for stage in found.memory.stages]


def test_predicting_layers_are_one_more_layer_of_weights_and_cache() -> None:
    plain = layout(R1, "8xH200", tensor_parallel_size=8)
    drafting = layout(R1, "8xH200", tensor_parallel_size=8, speculative_config=MTP)
    assert bytes_per_token(drafting) * 61 == bytes_per_token(plain) * 62
    # a sixty-first of the layers, and the projection of two hidden states
    grown = parameters(drafting)[0] - parameters(plain)[0]
    assert 1.4e9 < grown - 2 * 7168 * 7168 * 2 < 1.5e9


def test_the_last_stage_alone_holds_what_drafts() -> None:
    options = {"tensor_parallel_size": 8, "pipeline_parallel_size": 2}
    plain = parameters(layout(R1, "2x8xH200", **options))
    drafting = parameters(layout(R1, "2x8xH200", speculative_config=MTP, **options))
    assert drafting[0] == plain[0]
    assert drafting[1] > plain[1]


def test_an_eagle_head_adds_a_layer_to_the_cache(tmp_path: Path) -> None:
    head = {
        "architectures": ["LlamaForCausalLMEagle"],
        "model_type": "llama",
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 1,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128256,
        "max_position_embeddings": 131072,
        "rope_theta": 500000.0,
    }
    (tmp_path / "config.json").write_text(json.dumps(head))
    config = {"method": "eagle", "model": str(tmp_path), "num_speculative_tokens": 2}
    drafting = layout(LLAMA, "H100", speculative_config=config)
    assert bytes_per_token(drafting) == 131072 * 33 / 32
    layer = 6144 * 4096 + 4096 * 4096 + 3 * 14336 * 4096 + 2 * 4096 + 2 * 4096 * 4096
    assert parameters(drafting)[0] - parameters(layout(LLAMA, "H100"))[0] == 2 * layer


def test_a_smaller_model_brings_its_own_embedding_and_head() -> None:
    small = "meta-llama/Llama-3.2-1B-Instruct"
    config = {"model": small, "num_speculative_tokens": 3}
    drafting = layout(LLAMA, "H100", speculative_config=config)
    grown = parameters(drafting)[0] - parameters(layout(LLAMA, "H100"))[0]
    assert grown == parameters(layout(small, "H100"))[0]


def test_a_draft_model_nobody_knows_is_named() -> None:
    config = {"model": "somebody/unknown-draft", "num_speculative_tokens": 3}
    found = answer(LLAMA, "H100", speculative_config=config)
    assert any("somebody/unknown-draft is not counted" in note for note in found.notes)


def test_drafts_from_the_prompt_take_no_weights() -> None:
    config = {"method": "ngram", "num_speculative_tokens": 3}
    drafting = layout(LLAMA, "H100", speculative_config=config)
    assert parameters(drafting) == parameters(layout(LLAMA, "H100"))
