#!/bin/sh
set -eu
export NCCL_SOCKET_IFNAME=eth0
ray start --head --port 6379
python3 -c '(ray_cluster)
' 2 8 8 300
exec vllm serve Qwen/Qwen3-8B --tensor-parallel-size 8 --pipeline-parallel-size 2 --gpu-memory-utilization 0.95 --distributed-executor-backend ray
