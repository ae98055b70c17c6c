"""The KV cache: what a block costs, how many there are, and how many tokens they hold."""
