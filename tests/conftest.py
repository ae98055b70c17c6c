"""Settings that hold for every test."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# no deadline: a slow machine is no failure; in CI the same examples each time, so red means broken
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

# what was learnt on the machine that runs the tests is none of their business
os.environ["XDG_CONFIG_HOME"] = "/nonexistent"

# a shell starts what it puts in the background deaf to Ctrl-C, and children inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)
