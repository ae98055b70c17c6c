#!/bin/sh
# vllm is started elsewhere
curl -s http://localhost:8000/v1/models
