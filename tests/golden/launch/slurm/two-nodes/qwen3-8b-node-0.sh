#!/bin/sh
set -eu
: "${HEAD_ADDRESS:?is the address of node 0, as the other nodes reach it}"
export NCCL_SOCKET_IFNAME=eth0
exec vllm serve Qwen/Qwen3-8B --tensor-parallel-size 8 --pipeline-parallel-size 2 --gpu-memory-utilization 0.95 --nnodes 2 --node-rank 0 --master-addr "$HEAD_ADDRESS"
