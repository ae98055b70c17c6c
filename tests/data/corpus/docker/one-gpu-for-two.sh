#!/bin/bash
docker run --gpus 1 --ipc host vllm/vllm-openai:v0.33.0 --model Qwen/Qwen3-8B -tp 2 --max-model-len 8192
