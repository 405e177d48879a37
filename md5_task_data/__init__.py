"""What is kept: rows, bytes and the log, and every operation on them. Used by the API and the worker alike."""
