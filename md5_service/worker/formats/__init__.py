"""How files are written that come from outside: text in some encoding, CSV in some dialect. Kinds share this."""
