#!/bin/sh
vllm serve Qwen/Qwen3-8B --max-model-length 8192 --tensor-paralel-size 1
