#!/bin/sh
set -eu
: "${HEAD_ADDRESS:?is the address of node 0, as the other nodes reach it}"
# between hosts with several networks: --env NCCL_SOCKET_IFNAME=… GLOO_SOCKET_IFNAME=…
# NCCL_IB_HCA=…, and VLLM_HOST_IP of each; a cluster file names them once
exec ray start --address "$HEAD_ADDRESS":6379 --block
