"""`bench.straightforward` with Huey instead of Celery; it has the same guarantees."""
