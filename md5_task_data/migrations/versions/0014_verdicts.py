"""Whether a file was the one that was expected, to search by; and when each task was made, in the index of an owner's tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MATCH = {  # of a result, as text
    "sqlite": "CASE json_extract(result, '$.match') WHEN 1 THEN 'match' WHEN 0 THEN 'mismatch' ELSE 'none' END",
    "postgresql": "CASE result ->> 'match' WHEN 'true' THEN 'match' WHEN 'false' THEN 'mismatch' ELSE 'none' END",
    "mysql": "CASE json_extract(result, '$.match') WHEN 'true' THEN 'match' WHEN 'false' THEN 'mismatch' ELSE 'none' END",
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.add_column("tasks", sa.Column("verdict", sa.String(8), nullable=False, server_default="none"))
    match = MATCH["mysql" if dialect == "mariadb" else dialect]
    tasks = sa.table("tasks", sa.column("verdict"), sa.column("md5"))
    verdict = sa.literal_column(match, sa.String)
    op.execute(tasks.update().where(tasks.c.md5.is_not(None), verdict != "none").values(verdict=verdict))
    op.create_index("ix_tasks_owner_verdict_id", "tasks", ["owner", "verdict", "id"])
    op.create_index("ix_tasks_owner_id_created_at", "tasks", ["owner", "id", "created_at"])
    op.drop_index("ix_tasks_owner_id", "tasks")


def downgrade() -> None:
    op.create_index("ix_tasks_owner_id", "tasks", ["owner", "id"])
    op.drop_index("ix_tasks_owner_id_created_at", "tasks")
    op.drop_index("ix_tasks_owner_verdict_id", "tasks")
    op.drop_column("tasks", "verdict")
