#!/usr/bin/env bash
set -euo pipefail
MODEL="Qwen/Qwen3-8B"
MAX_LEN=16384
exec vllm serve "$MODEL" --max-model-len "$MAX_LEN" --gpu-memory-utilization 0.92 --enable-prefix-caching
