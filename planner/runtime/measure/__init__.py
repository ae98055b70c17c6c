"""Layouts run with dummy weights, and what they take."""
