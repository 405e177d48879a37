"""Lanes, and whose turn it is in them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("lane", sa.String(16)))
    op.add_column("tasks", sa.Column("turn_of", sa.String(64)))
    op.execute(
        "UPDATE tasks SET lane = CASE WHEN kind = 'md5' AND size <= 67108864 THEN 'work' ELSE 'large' END, turn_of = owner "
        "WHERE finished_at IS NULL AND parent_id IS NULL"
    )
    op.execute(
        "UPDATE tasks SET lane = 'large', turn_of = (SELECT p.owner FROM tasks AS p WHERE p.id = tasks.parent_id) "
        "WHERE finished_at IS NULL AND parent_id IS NOT NULL"
    )
    unfinished = sa.text("finished_at IS NULL")
    columns = ["status", "lane", "turn_of", "id"]
    op.create_index(
        "ix_tasks_status_lane_turn_of_id", "tasks", columns, postgresql_where=unfinished, sqlite_where=unfinished
    )


def downgrade() -> None:
    op.drop_index("ix_tasks_status_lane_turn_of_id", table_name="tasks")
    op.drop_column("tasks", "turn_of")
    op.drop_column("tasks", "lane")
