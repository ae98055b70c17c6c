"""A plan as commands and files."""
