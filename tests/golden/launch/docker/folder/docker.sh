#!/bin/sh
set -eu
: "${HF_HOME:=${HOME:?}/.cache/huggingface}"
mkdir -p "$HF_HOME"
exec docker run --rm --name llama-3-1 \
    --gpus '"device=0"' \
    --ipc host \
    --publish 8000:8000 \
    --volume "$HF_HOME":/root/.cache/huggingface --volume vllm-cache:/root/.cache/vllm \
    --mount 'type=bind,"source=/data/Bob'"'"'s ""best"" models/llama 3.1","target=/data/Bob'"'"'s ""best"" models/llama 3.1",readonly' \
    --mount type=bind,source=/data/t.jinja,target=/data/t.jinja,readonly \
    --health-cmd 'curl -fsS -m 5 http://127.0.0.1:8000/health' \
    --health-start-period 1800s --health-interval 10s \
    --entrypoint '' vllm/vllm-openai:v0.33.0 \
    vllm serve '/data/Bob'"'"'s "best" models/llama 3.1' --gpu-memory-utilization 0.95 --chat-template /data/t.jinja
