"""`bench.straightforward` with Dramatiq instead of Celery. It guarantees one thing more: Dramatiq acknowledges late, so
another worker handles the messages of a worker that dies."""
