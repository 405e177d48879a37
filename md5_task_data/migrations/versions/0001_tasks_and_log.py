"""Tasks, the log and its head."""

import sqlalchemy as sa
from alembic import op

from md5_task_data.migrations.column_types import TASK_ID

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LINE_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", TASK_ID, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("batch", sa.String(255)),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("retry_of", TASK_ID),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("computed_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("hints", sa.SmallInteger, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("lost_leases", sa.Integer, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("progress", sa.BigInteger, nullable=False),
        sa.Column("history", sa.JSON, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("error", sa.JSON),
        sa.Column("md5", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
    )
    op.create_index("ix_tasks_due_at", "tasks", ["due_at"])
    op.create_index("ix_tasks_owner_id", "tasks", ["owner", "id"])
    op.create_index("ix_tasks_md5", "tasks", ["md5"])
    op.create_table(
        "log_lines",
        sa.Column("seq", LINE_NUMBER, autoincrement=False, nullable=False),
        sa.Column("task_id", TASK_ID, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_log_lines"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_log_lines_task_id"),
        sa.UniqueConstraint("task_id", name="uq_log_lines_task_id"),
        sa.UniqueConstraint("offset", name="uq_log_lines_offset"),
    )
    log_head = op.create_table(
        "log_head",
        sa.Column("id", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("flushed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log_head"),
    )
    op.bulk_insert(log_head, [{"id": 1, "seq": 0, "length": 0, "hash": "0" * 64, "flushed": 0}])


def downgrade() -> None:
    op.drop_table("log_head")
    op.drop_table("log_lines")
    op.drop_table("tasks")
