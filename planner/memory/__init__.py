"""The memory model: formulas over columns of layouts."""
