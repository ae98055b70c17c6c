#!/bin/sh
set -eu
: "${HEAD_ADDRESS:?is not set}"
exec vllm serve deepseek-ai/DeepSeek-R1 --tensor-parallel-size 8 --pipeline-parallel-size 2 --gpu-memory-utilization 0.95 --nnodes 2 --node-rank 1 --master-addr "$HEAD_ADDRESS" --headless
