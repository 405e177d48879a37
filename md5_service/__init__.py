"""Hand a file over, get an id at once: a promise that always ends in `done` or `failed`, with one line in one log."""
