"""The service as one would write it straight away: FastAPI, Celery prefork, PostgreSQL and Redis, each as its tutorial has it.

It is here to be measured beside ours, and so that it is a fair peer, it is not slower than its design makes it. What it keeps:
the id is given out only once the row is committed; the MD5 is right; a line of the log is written whole, under a lock.

What it does not keep, and ours does: the bytes are not made durable before the id goes out; a broker that is away, or a crash
between commit and message, leaves a row `queued` for ever; so does a worker that dies at work, for Celery acknowledges early; a
crash between row and line loses the line, and a message that comes twice may write two; `done` is said before the line is
there; the log is no chain, and its end may be lost with the power. There is no cancel, no list, no wait, no limit.

`bench.huey_service` and `bench.dramatiq_service` are the same with another queue.
"""
