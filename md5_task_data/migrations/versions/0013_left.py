"""When a worker left a task to others because it does not know its kind."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("left_at", sa.BigInteger))
    left = sa.text("left_at IS NOT NULL")
    op.create_index("ix_tasks_left_at", "tasks", ["left_at"], postgresql_where=left, sqlite_where=left)


def downgrade() -> None:
    op.drop_index("ix_tasks_left_at", table_name="tasks")
    op.drop_column("tasks", "left_at")
