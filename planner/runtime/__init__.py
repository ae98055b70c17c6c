"""What runs things: vLLM on this machine, and its logs held against the planner."""
