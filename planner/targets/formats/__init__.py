"""The kinds of files that describe a deployment: one module a kind, found by its file name."""
