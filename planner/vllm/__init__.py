"""vLLM as it is: its options, per-version defaults, and its commands."""
