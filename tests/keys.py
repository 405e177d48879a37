"""API keys, created and revoked in the database as `md5-service key` does."""

from contextlib import closing

from md5_task_data import api_keys
from md5_task_data.database.engine import Database


def new_key(database_url: str, owner: str) -> tuple[str, str]:
    """Returns the id of the new key, and the key."""
    with closing(Database(database_url)) as database, database.transaction() as db:
        return api_keys.create(db, owner)


def revoke(database_url: str, key_id: str) -> None:
    with closing(Database(database_url)) as database, database.transaction() as db:
        api_keys.revoke(db, key_id)
