"""The trace that a task continues."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("traceparent", sa.String(55)))


def downgrade() -> None:
    op.drop_column("tasks", "traceparent")
