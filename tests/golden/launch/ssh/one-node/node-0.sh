#!/bin/sh
set -eu
exec vllm serve Qwen/Qwen3-8B --tensor-parallel-size 8 --gpu-memory-utilization 0.95 --port 9000
