"""Logs of vLLM held against the planner, and what they teach."""
