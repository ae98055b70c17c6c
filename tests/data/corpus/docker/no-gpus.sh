#!/bin/bash
docker run --rm -p 8000:8000 --ipc=host vllm/vllm-openai:v0.33.0 --model Qwen/Qwen3-8B --max-model-len 8192
