"""How fast, side by side in one run: `make bench`. Ratios count, seconds only tell of the machine."""
