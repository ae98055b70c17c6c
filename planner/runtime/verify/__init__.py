"""A running server against its plan."""
