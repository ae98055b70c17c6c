#!/bin/sh
set -eu
: "${VLLM_API_KEY:?is not set}"
: "${HF_TOKEN:?is not set}"
: "${HF_HOME:=${HOME:?}/.cache/huggingface}"
mkdir -p "$HF_HOME"
exec docker run --rm --name qwen3-8b \
    --gpus '"device=0"' \
    --ipc host \
    --publish 8000:8000 \
    --volume "$HF_HOME":/root/.cache/huggingface --volume vllm-cache:/root/.cache/vllm \
    --env VLLM_API_KEY \
    --env HF_TOKEN \
    --health-cmd 'curl -fsS -m 5 http://127.0.0.1:8000/health' \
    --health-start-period 1800s --health-interval 10s \
    --entrypoint '' vllm/vllm-openai:v0.33.0 \
    vllm serve Qwen/Qwen3-8B --gpu-memory-utilization 0.95
