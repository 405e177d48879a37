"""Column types that migrations share. They never change, because migrations that have run used them."""

import sqlalchemy as sa

TASK_ID = sa.Uuid(as_uuid=False).with_variant(sa.CHAR(36, collation="ascii_bin"), "mysql", "mariadb")
