#!/bin/sh
vllm serve Qwen/Qwen3-8B --max-model-len 8192 -tp 2 --enable-expert-parallel
