"""How many tasks finished in each minute, so that nobody has to count the rows of an hour."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MINUTE = 60_000_000  # microseconds
TASKS = sa.table(
    "tasks", sa.column("owner", sa.String), sa.column("outcome", sa.String), sa.column("finished_at", sa.BigInteger)
)


def upgrade() -> None:
    table = op.create_table(
        "ended_minutes",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("minute", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("tasks", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("owner", "minute", "outcome", name="pk_ended_minutes"),
    )
    key = (TASKS.c.owner, (TASKS.c.finished_at // MINUTE).label("minute"), TASKS.c.outcome)
    recent = TASKS.c.finished_at >= sa.select(sa.func.max(TASKS.c.finished_at) - 60 * MINUTE).scalar_subquery()
    counted = sa.select(*key, sa.func.count()).where(recent).group_by(*key)
    op.execute(table.insert().from_select(["owner", "minute", "outcome", "tasks"], counted))


def downgrade() -> None:
    op.drop_table("ended_minutes")
