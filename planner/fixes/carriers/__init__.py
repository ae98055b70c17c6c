"""Where the words of a command stand: in a shell's text, in a YAML list, under YAML keys."""
