"""The service as one would write it first: FastAPI, Celery prefork, PostgreSQL and Redis, each used as in its tutorial.

It is measured beside ours. To be a fair peer, it is not slower than its design makes it. What it guarantees: the id is
returned only after the row is committed; the MD5 is correct; a log line is written whole, under a lock.

What it does not guarantee, and ours does: the bytes are not durable before the id is returned; an unavailable broker,
or a crash between commit and message, leaves a row `queued` forever; so does a worker that dies at work, because Celery
acknowledges early; a crash between row and line loses the line, and a duplicate message may write two; `done` is
reported before the line is written; the log has no hash chain, and its end may be lost in a power failure. There is no
cancel, no list, no wait, no limit.

`bench.huey_service` and `bench.dramatiq_service` are the same with another queue.
"""
