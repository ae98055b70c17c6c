"""A plan as commands and files: one module a launcher, found by its file name."""
