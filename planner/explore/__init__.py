"""Try one change after another: what can be changed, and what each change comes to."""
