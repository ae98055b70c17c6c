#!/bin/bash
docker run --rm -d --name vllm \
  --runtime nvidia --gpus all \
  -v ~/.cache/huggingface:/root/.cache/huggingface \
  -e HF_TOKEN \
  -p 8000:8000 \
  --ipc=host \
  vllm/vllm-openai:v0.33.0 \
  --model Qwen/Qwen3-8B \
  --max-model-len 16384
