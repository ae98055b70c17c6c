#!/bin/bash
CUDA_VISIBLE_DEVICES=0 vllm serve Qwen/Qwen3-8B --max-model-len 8192 --port 8001 &
CUDA_VISIBLE_DEVICES=1 vllm serve openai/gpt-oss-20b --max-model-len 8192 --port 8002 &
wait
