"""File formats from outside: text in some encoding, CSV in some dialect. Shared by kinds."""
