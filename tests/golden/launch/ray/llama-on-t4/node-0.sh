#!/bin/sh
set -eu
exec vllm serve meta-llama/Llama-3.1-8B --dtype half --quantization fp8 --gpu-memory-utilization 0.95 --max-model-len 4096 --distributed-executor-backend ray
