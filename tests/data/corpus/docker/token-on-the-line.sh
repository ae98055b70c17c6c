#!/bin/bash
podman run -e HF_TOKEN=hf_AbCdEfGhIj --device nvidia.com/gpu=all docker.io/vllm/vllm-openai:latest --model Qwen/Qwen3-4B --max-model-len 8192
