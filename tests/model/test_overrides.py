from __future__ import annotations

from planner import estimate
from planner.model.overrides import overridden


def test_overrides_reach_into_nested_parts_and_leave_the_original_alone() -> None:
    config = {"text_config": {"num_hidden_layers": 34, "hidden_size": 2560}, "vision_config": {}}
    found = overridden(config, {"text_config": {"num_hidden_layers": 4}, "vision_config": None})
    assert found["text_config"] == {"num_hidden_layers": 4, "hidden_size": 2560}
    assert found["vision_config"] is None
    assert config["text_config"] == {"num_hidden_layers": 34, "hidden_size": 2560}


def test_a_model_is_judged_as_overridden() -> None:
    asked = {"model": "Qwen/Qwen3-30B-A3B", "gpus": "H100", "offline": True}
    answer = estimate(**asked, hf_overrides={"num_hidden_layers": 24})
    (layout,) = answer.layouts
    assert layout.memory is not None
    assert layout.memory.stages[0].layers == (0, 23)
    # 29.025 GiB were printed for it by vLLM 0.26 on an H100
    assert round(layout.memory.stages[0].weights_bytes / 2**30, 2) == 29.03
