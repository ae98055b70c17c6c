#!/bin/sh
python3 -m vllm.entrypoints.openai.api_server --model Qwen/Qwen3-8B --max-model-len 131072
