"""Measures speed, side by side in one run: `make bench`. Only ratios count; absolute times describe the machine."""
