"""Files that are cut into parts; contacts, and rejected rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT, MEDIUMBLOB

from md5_task_data.migrations.column_types import TASK_ID

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ADDRESS_KEY = (
    sa.String(512)
    .with_variant(sa.String(512, collation="C"), "postgresql")
    .with_variant(sa.String(512, collation="utf8mb4_bin"), "mysql", "mariadb")
)
LONG_TEXT = sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("tasks", sa.Column("total", sa.BigInteger()))
    op.add_column("tasks", sa.Column("unit", sa.String(16)))
    op.add_column("tasks", sa.Column("parent_id", TASK_ID))
    op.add_column("tasks", sa.Column("parts_left", sa.Integer()))
    op.add_column("tasks", sa.Column("plan", sa.JSON(none_as_null=True)))
    is_part = sa.text("parent_id IS NOT NULL")
    op.create_index("ix_tasks_parent_id", "tasks", ["parent_id"], postgresql_where=is_part, sqlite_where=is_part)
    op.create_table(
        "contacts",
        sa.Column("task_id", TASK_ID, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("key", ADDRESS_KEY, nullable=False),
        sa.Column("email", LONG_TEXT, nullable=False),
        sa.Column("name", LONG_TEXT, nullable=False),
        sa.Column("data", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("task_id", "line", name="pk_contacts"),
        sa.UniqueConstraint("owner", "key", name="uq_contacts_owner_key"),
    )
    op.create_table(
        "rejects",
        sa.Column("task_id", TASK_ID, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("piece", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("csv", sa.LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb"), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "line", "piece", name="pk_rejects"),
    )


def downgrade() -> None:
    op.drop_table("rejects")
    op.drop_table("contacts")
    op.drop_index("ix_tasks_parent_id", table_name="tasks")
    for name in ("plan", "parts_left", "parent_id", "unit", "total"):
        op.drop_column("tasks", name)
