"""Compare layouts: by what is certain, by limits, by an objective, by what is advised."""
