#!/bin/sh
set -eu
: "${HEAD_ADDRESS:?is the address of node 0, as the other nodes reach it}"
: "${HF_HOME:=${HOME:?}/.cache/huggingface}"
mkdir -p "$HF_HOME"
exec docker run --rm --name qwen3-8b \
    --gpus all \
    --device /dev/infiniband --cap-add IPC_LOCK --ulimit memlock=-1 \
    --ipc host \
    --network host \
    --volume "$HF_HOME":/root/.cache/huggingface --volume vllm-cache:/root/.cache/vllm \
    --env NCCL_SOCKET_IFNAME=eth0 \
    --health-cmd 'curl -fsS -m 5 http://127.0.0.1:8000/health' \
    --health-start-period 1800s --health-interval 10s \
    --entrypoint '' vllm/vllm-openai:v0.33.0 \
    vllm serve Qwen/Qwen3-8B --tensor-parallel-size 8 --pipeline-parallel-size 2 --gpu-memory-utilization 0.95 --nnodes 2 --node-rank 0 --master-addr "$HEAD_ADDRESS"
