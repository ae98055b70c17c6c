#!/bin/sh
set -eu
: "${VLLM_API_KEY:?is not set}"
: "${HF_HOME:=${HOME:?}/.cache/huggingface}"
mkdir -p "$HF_HOME"
exec docker run --rm --name a-b-c-touch-pwned-id-x-y-z \
    --gpus '"device=0"' \
    --ipc host \
    --publish 8000:8000 \
    --volume "$HF_HOME":/root/.cache/huggingface --volume vllm-cache:/root/.cache/vllm \
    --mount 'type=bind,"source=/models/a'"'"'b""c $(touch pwned) `id`; x
- y: *z #\","target=/models/a'"'"'b""c $(touch pwned) `id`; x
- y: *z #\",readonly' \
    --env VLLM_API_KEY \
    --env 'VLLM_HOST_IP=a'"'"'b"c $(touch pwned) `id`; x
- y: *z #\' \
    --health-cmd 'curl -fsS -m 5 http://127.0.0.1:8000/health' \
    --health-start-period 1800s --health-interval 10s \
    --entrypoint '' vllm/vllm-openai:v0.33.0 \
    vllm serve '/models/a'"'"'b"c $(touch pwned) `id`; x
- y: *z #\' --gpu-memory-utilization 0.95 --chat-template 'a'"'"'b"c $(touch pwned) `id`; x
- y: *z #\'
