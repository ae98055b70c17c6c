"""Boards, nodes, networks and clusters: what the data files say and what a user types."""
