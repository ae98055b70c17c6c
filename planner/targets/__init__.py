"""What `validate` reads: files and commands that describe a deployment."""
