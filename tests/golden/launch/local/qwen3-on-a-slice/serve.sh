#!/bin/sh
set -eu
exec vllm serve Qwen/Qwen3-0.6B --gpu-memory-utilization 0.95 --max-model-len 38624
