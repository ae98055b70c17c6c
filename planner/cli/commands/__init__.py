"""The commands: a file here is a command."""
