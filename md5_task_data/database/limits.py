"""How long everything may take, on every database server. SQLite, which needs none of these, has limits of its own."""

STATEMENT_TIMEOUT_S = 10  # also for a lock, and for a transaction that stands still: a dead host's locks are free then
ANSWER_TIMEOUT_S = 15  # for a whole transaction: longer than the server's own limits, for when it cannot keep them
CONNECT_TIMEOUT_S = 2  # also for a connection of the pool
