"""The routes, one module per resource. A module named after a kind serves the rows of that kind."""
