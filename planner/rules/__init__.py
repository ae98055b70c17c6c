"""The rules: one module each, found by its file name; the docstring is the manual page."""
