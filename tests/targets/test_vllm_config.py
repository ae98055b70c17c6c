from __future__ import annotations

from typing import TYPE_CHECKING

from planner.targets.read import read_targets

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
model: Qwen/Qwen3-32B
tensor-parallel-size: 4
max_model_len: 32k
enable-prefix-caching: false
speculative-config:
  method: ngram
  num_speculative_tokens: 3
"""


def test_options_are_read_as_vllm_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "serve.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    (target,) = read_targets([str(path)])
    arguments = target.arguments
    assert (target.model, arguments.tensor_parallel_size) == ("Qwen/Qwen3-32B", 4)
    assert (arguments.max_model_len, arguments.enable_prefix_caching) == (32_000, False)
    assert arguments.speculative_config == {"method": "ngram", "num_speculative_tokens": 3}
    place = target.location("max_model_len")
    assert place is not None
    assert (place.line, place.column) == (3, 1)
