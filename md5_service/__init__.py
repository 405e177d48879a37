"""File Intake: upload files, get an id for each at once; every id ends in `done` or `failed`, with one line in one shared log."""
