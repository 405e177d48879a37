"""Idempotency keys."""

import sqlalchemy as sa
from alembic import op

from md5_task_data.migrations.column_types import TASK_ID

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.String(255).with_variant(sa.String(255, collation="ascii_bin"), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("task_id", TASK_ID, nullable=False),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])


def downgrade() -> None:
    op.drop_table("idempotency_keys")
