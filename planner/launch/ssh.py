"""All hosts from here over SSH: a script for each, and one command that starts and ends them."""

from __future__ import annotations

from planner.launch.parts import nodes

SETTINGS = nodes.SETTINGS

files = nodes.files
start = nodes.start
