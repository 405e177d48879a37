"""Phone numbers found in texts."""

import sqlalchemy as sa
from alembic import op

from md5_task_data.migrations.column_types import TASK_ID

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NUMBER = (
    sa.String(24)
    .with_variant(sa.String(24, collation="C"), "postgresql")
    .with_variant(sa.String(24, collation="ascii_bin"), "mysql", "mariadb")
)


def upgrade() -> None:
    op.create_table(
        "phones",
        sa.Column("task_id", TASK_ID, nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("extension", sa.String(40)),
        sa.Column("region", sa.String(2)),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "offset", name="pk_phones"),
    )
    op.create_index("ix_phones_task_id_number_offset", "phones", ["task_id", "number", "offset"])
    op.create_index("ix_phones_task_id_region_offset", "phones", ["task_id", "region", "offset"])
    op.create_table(
        "phone_regions",
        sa.Column("task_id", TASK_ID, nullable=False),
        sa.Column("region", sa.String(2), nullable=False),
        sa.Column("numbers", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "region", name="pk_phone_regions"),
    )


def downgrade() -> None:
    op.drop_table("phone_regions")
    op.drop_table("phones")
