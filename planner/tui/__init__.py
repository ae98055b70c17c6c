"""The terminal application: a request that is edited in place, and its answer drawn beside it."""
