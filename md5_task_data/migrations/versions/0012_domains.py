"""Cached DNS answers, and how long they took."""

import sqlalchemy as sa
from alembic import op

from md5_task_data.migrations.column_types import TASK_ID

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DOMAIN_NAME = sa.String(255).with_variant(sa.String(255, collation="utf8mb4_bin"), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "asked_domains",
        sa.Column("name", DOMAIN_NAME, nullable=False),
        sa.Column("refusal", sa.Text()),
        sa.Column("is_silent", sa.SmallInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_asked_domains"),
    )
    op.create_index("ix_asked_domains_until", "asked_domains", ["until"])
    op.create_table(
        "asking",
        sa.Column("task_id", TASK_ID, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "line", name="pk_asking"),
    )
    op.create_index("ix_asking_owner_at", "asking", ["owner", "at"])
    op.create_index("ix_asking_at", "asking", ["at"])


def downgrade() -> None:
    op.drop_table("asking")
    op.drop_table("asked_domains")
