from __future__ import annotations

import numpy as np

from planner.memory.post_load import post_load_bytes


def test_a_quantized_latent_projection_is_unpacked_and_a_plain_one_is_viewed() -> None:
    deepseek_v3 = {
        "layers": 61,
        "kv_lora_rank": 512,
        "qk_nope_head_dim": 128,
        "v_head_dim": 128,
        "dtype_bytes": 2,
    }
    heads = 128 // np.array([1, 8, 16])
    quantized = post_load_bytes(heads=heads, quantized=True, **deepseek_v3)
    assert quantized.tolist() == [2_046_820_352, 255_852_544, 127_926_272]
    assert not post_load_bytes(heads=heads, quantized=False, **deepseek_v3).any()
