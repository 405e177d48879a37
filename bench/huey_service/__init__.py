"""`bench.straightforward` with Huey instead of Celery; it keeps the same, and no more."""
