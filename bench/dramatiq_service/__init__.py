"""`bench.straightforward` with Dramatiq instead of Celery. It keeps one thing more: Dramatiq acknowledges late, so that a worker
that dies at work has its messages done by another."""
