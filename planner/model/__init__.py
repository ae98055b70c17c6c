"""What a model is, and where its description is found."""
