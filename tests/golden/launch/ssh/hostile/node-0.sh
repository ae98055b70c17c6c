#!/bin/sh
set -eu
: "${VLLM_API_KEY:?is not set}"
export VLLM_HOST_IP='a'"'"'b"c $(touch pwned) `id`; x
- y: *z #\'
exec vllm serve '/models/a'"'"'b"c $(touch pwned) `id`; x
- y: *z #\' --gpu-memory-utilization 0.95 --chat-template 'a'"'"'b"c $(touch pwned) `id`; x
- y: *z #\'
