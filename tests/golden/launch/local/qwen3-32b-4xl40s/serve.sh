#!/bin/sh
set -eu
exec vllm serve Qwen/Qwen3-32B --pipeline-parallel-size 4 --gpu-memory-utilization 0.95
