"""The bytes of small files, stored beside their rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMBLOB

from md5_task_data.migrations.column_types import TASK_ID

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contents",
        sa.Column("task_id", TASK_ID, nullable=False),
        sa.Column("bytes", sa.LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb"), nullable=False),
        sa.PrimaryKeyConstraint("task_id", name="pk_contents"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Sequencing data does not compress; uncompressed, up to a page is one tuple rather than four.
        op.execute("ALTER TABLE contents ALTER COLUMN bytes SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE contents SET (toast_tuple_target = 8160)")


def downgrade() -> None:
    op.drop_table("contents")
