#!/bin/sh
vllm serve Qwen/Qwen3-8B --max-model-len 8192 --enable-lora --max-lora-rank 24 --max-loras 4 --max-cpu-loras 2
