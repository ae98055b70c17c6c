"""Run what a launcher wrote, and see that it is what was planned."""
