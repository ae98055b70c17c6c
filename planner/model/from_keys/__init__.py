"""A model class that no family knows, read by the families that know all its keys."""
