"""Time limits for every database server, in seconds. SQLite does not need them and has limits of its own."""

STATEMENT_TIMEOUT_S = (
    10  # also for waiting for a lock, and for an idle transaction, so that a dead host's locks are released
)
ANSWER_TIMEOUT_S = (
    15  # for a whole transaction; longer than the server's own limits, for when the server cannot enforce them
)
CONNECT_TIMEOUT_S = 2  # also for getting a connection from the pool
