#!/bin/sh
set -eu
exec vllm serve '/data/Bob'"'"'s "best" models/llama 3.1' --gpu-memory-utilization 0.95 --chat-template /data/t.jinja
