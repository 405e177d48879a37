"""Types of columns that migrations share. They never change: what has run has run with them."""

import sqlalchemy as sa

TASK_ID = sa.Uuid(as_uuid=False).with_variant(sa.CHAR(36, collation="ascii_bin"), "mysql", "mariadb")
