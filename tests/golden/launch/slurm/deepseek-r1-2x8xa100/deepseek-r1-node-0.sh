#!/bin/sh
set -eu
: "${HEAD_ADDRESS:?is the address of node 0, as the other nodes reach it}"
# between hosts with several networks: --env NCCL_SOCKET_IFNAME=… GLOO_SOCKET_IFNAME=…
# NCCL_IB_HCA=…, and VLLM_HOST_IP of each; a cluster file names them once
exec vllm serve deepseek-ai/DeepSeek-R1 --tensor-parallel-size 8 --pipeline-parallel-size 2 --gpu-memory-utilization 0.95 --nnodes 2 --node-rank 0 --master-addr "$HEAD_ADDRESS"
