"""Totals of what has ended, how often the log was found locked, and an index for what ended lately."""

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
    op.create_index("ix_tasks_owner_finished_at_outcome", "tasks", ["owner", "finished_at", "outcome"])
    op.add_column("log_head", sa.Column("busy", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("log_head", "busy")
    op.drop_index("ix_tasks_owner_finished_at_outcome", "tasks")
    op.drop_table("totals")
