#!/bin/bash
docker run --gpus '"device=0,1"' --shm-size=64m -p 8000:8000 vllm/vllm-openai:v0.33.0 \
  --model openai/gpt-oss-20b --tensor-parallel-size 2 --max-model-len 8192
