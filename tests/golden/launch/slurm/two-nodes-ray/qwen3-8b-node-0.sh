#!/bin/sh
set -eu
# between hosts with several networks: --env NCCL_SOCKET_IFNAME=… GLOO_SOCKET_IFNAME=…
# NCCL_IB_HCA=…, and VLLM_HOST_IP of each; a cluster file names them once
ray start --head --port 6379
python3 -c '(ray_cluster)
' 2 8 8 300
exec vllm serve Qwen/Qwen3-8B --tensor-parallel-size 8 --pipeline-parallel-size 2 --gpu-memory-utilization 0.95 --distributed-executor-backend ray
