"""Fixes: what a rule would have changed, done to the text of a file by the smallest edits."""
