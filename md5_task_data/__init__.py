"""Rows, bytes and the log, and every operation on them. Used by both the API and the worker."""
