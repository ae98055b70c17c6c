"""What differs between two answers about deployments."""
