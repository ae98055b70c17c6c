#!/bin/sh
set -eu
exec vllm serve meta-llama/Llama-3.1-8B --gpu-memory-utilization 0.95 --dtype half --quantization fp8 --max-model-len 4096
