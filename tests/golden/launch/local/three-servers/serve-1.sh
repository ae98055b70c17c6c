#!/bin/sh
set -eu
export CUDA_VISIBLE_DEVICES=2,3
exec vllm serve Qwen/Qwen3-8B --tensor-parallel-size 2 --gpu-memory-utilization 0.95 --port 8002
