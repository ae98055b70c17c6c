#!/bin/sh
set -eu
exec vllm serve Qwen/Qwen3-8B --tensor-parallel-size 4 --data-parallel-size 2 --gpu-memory-utilization 0.95 --distributed-executor-backend ray
