"""What several launchers share."""
