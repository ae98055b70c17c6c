"""The right side: what the request comes to, one panel for each question."""
