#!/bin/sh
set -eu
: "${HF_HOME:=${HOME:?}/.cache/huggingface}"
mkdir -p "$HF_HOME"
exec docker run --rm --name qwen3-32b \
    --gpus all \
    --ipc host \
    --publish 8000:8000 \
    --volume "$HF_HOME":/root/.cache/huggingface --volume vllm-cache:/root/.cache/vllm \
    --health-cmd 'curl -fsS -m 5 http://127.0.0.1:8000/health' \
    --health-start-period 1800s --health-interval 10s \
    --entrypoint '' vllm/vllm-openai:v0.33.0 \
    vllm serve Qwen/Qwen3-32B --pipeline-parallel-size 2 --data-parallel-size 2 --gpu-memory-utilization 0.95
