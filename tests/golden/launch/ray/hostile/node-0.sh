#!/bin/sh
set -eu
: "${VLLM_API_KEY:?is not set}"
exec vllm serve '/models/a'"'"'b"c $(touch pwned) `id`; x
- y: *z #\' --gpu-memory-utilization 0.95 --chat-template 'a'"'"'b"c $(touch pwned) `id`; x
- y: *z #\' --distributed-executor-backend ray
