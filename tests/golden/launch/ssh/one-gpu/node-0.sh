#!/bin/sh
set -eu
: "${VLLM_API_KEY:?is not set}"
: "${HF_TOKEN:?is not set}"
exec vllm serve Qwen/Qwen3-8B --gpu-memory-utilization 0.95
