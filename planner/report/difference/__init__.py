"""The formats of a difference between deployments: one module a format, found by its file name."""
