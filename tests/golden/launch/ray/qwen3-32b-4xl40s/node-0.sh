#!/bin/sh
set -eu
exec vllm serve Qwen/Qwen3-32B --pipeline-parallel-size 2 --data-parallel-size 2 --gpu-memory-utilization 0.95 --distributed-executor-backend ray
