"""Totals of finished tasks, how often the log was found locked, an index for recently finished tasks, and an expiry for bytes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COUNT_WHAT_HAS_ENDED = """
INSERT INTO totals (owner, kind, outcome, tasks, bytes, work)
SELECT owner, kind, outcome, count(*), sum(size), coalesce(sum(computed_at - started_at), 0)
FROM tasks WHERE finished_at IS NOT NULL GROUP BY owner, kind, outcome
"""
KEEP_BYTES_FOR_A_DAY = "UPDATE tasks SET due_at = finished_at + 86400000000 WHERE finished_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "totals",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("tasks", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("work", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("owner", "kind", "outcome", name="pk_totals"),
    )
    op.execute(COUNT_WHAT_HAS_ENDED)
    op.create_index("ix_tasks_finished_at_owner_outcome", "tasks", ["finished_at", "owner", "outcome"])
    op.execute(KEEP_BYTES_FOR_A_DAY)
    op.add_column("log_head", sa.Column("busy", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("log_head", "busy")
    op.execute("UPDATE tasks SET due_at = NULL WHERE finished_at IS NOT NULL")
    op.drop_index("ix_tasks_finished_at_owner_outcome", "tasks")
    op.drop_table("totals")
