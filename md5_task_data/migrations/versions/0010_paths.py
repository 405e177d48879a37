"""File names that are whole paths and need not be valid text."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _resize(255, 4096)
    op.add_column("tasks", sa.Column("filename_bytes", sa.LargeBinary()))


def downgrade() -> None:
    """Names longer than 255 characters must be removed first."""
    op.drop_column("tasks", "filename_bytes")
    _resize(4096, 255)


def _resize(old: int, new: int) -> None:
    if op.get_bind().dialect.name != "sqlite":  # SQLite ignores lengths
        op.alter_column(
            "tasks", "filename", existing_type=sa.String(old), type_=sa.String(new), existing_nullable=False
        )
