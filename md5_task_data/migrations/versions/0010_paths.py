"""Names of files that are whole paths, and need not be text."""

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
    """Names that are longer than 255 characters have to be gone before."""
    op.drop_column("tasks", "filename_bytes")
    _resize(4096, 255)


def _resize(old: int, new: int) -> None:
    if op.get_bind().dialect.name != "sqlite":  # which looks at no length
        op.alter_column(
            "tasks", "filename", existing_type=sa.String(old), type_=sa.String(new), existing_nullable=False
        )
