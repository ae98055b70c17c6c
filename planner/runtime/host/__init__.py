"""What a machine is, and what a plan asks of it."""
