"""A project's own judgement of findings: which count, how much, and which are known already."""
