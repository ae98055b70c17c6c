"""What the formats for people are put together from."""
