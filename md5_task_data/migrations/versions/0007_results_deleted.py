"""When the owner of a task deleted its bytes and results."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("results_deleted_at", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("tasks", "results_deleted_at")
