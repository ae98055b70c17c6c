#!/bin/sh
set -eu
ray start --head --port 6379
exec vllm serve Qwen/Qwen3-8B --tensor-parallel-size 8 --pipeline-parallel-size 2 --gpu-memory-utilization 0.95 --distributed-executor-backend ray
