"""Number formats: what quantized weights take, and which shards vLLM refuses."""
