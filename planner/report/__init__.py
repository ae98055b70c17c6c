"""A plan on paper: one module a format."""
