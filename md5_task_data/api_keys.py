"""API keys, which identify clients. A key is `md5_<id>_<secret>`; only its SHA-256 is stored.

The secret has 256 random bits, so a fast hash is enough: it cannot be guessed. The id selects the row, so no query ever
searches for a secret; the hash of the whole key is compared in constant time.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, insert, select, update

from md5_task_data.errors import InvalidInput, NotFound
from md5_task_data.schema import api_keys
from md5_task_data.sql import now

# Lower case only: MariaDB would treat `Ann` and `ann` as the same owner.
OWNER = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
KEY = re.compile(r"md5_([0-9a-f]{16})_[A-Za-z0-9_-]{43}")


def create(db: Connection, owner: str) -> tuple[str, str]:
    """Create a key for this owner, who may have several. Returns the key's id, and the key, which cannot be shown again.
    Raises InvalidInput for a bad owner name."""
    if not OWNER.fullmatch(owner):
        raise InvalidInput(
            f"{owner[:80]!r} is not a valid owner name: use 1 to 64 of the characters a-z 0-9 . _ @ -, "
            "beginning with a letter or digit"
        )
    key_id = secrets.token_hex(8)
    key = f"md5_{key_id}_{secrets.token_urlsafe(32)}"
    db.execute(insert(api_keys).values(id=key_id, owner=owner, hash=_hash(key), created_at=now()))
    return key_id, key


def id_of(key: str) -> str | None:
    """The id in a key, without checking its secret; None if the text does not have the form of a key."""
    parts = KEY.fullmatch(key)
    return parts[1] if parts else None


def get(db: Connection, key_id: str) -> RowMapping | None:
    """`owner` and `hash` of a key that has not been revoked, or None."""
    query = select(api_keys.c.owner, api_keys.c.hash).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
    return db.execute(query).mappings().one_or_none()


def fits(key: str, row: RowMapping) -> bool:
    """Whether this key matches the hash of the row."""
    return hmac.compare_digest(_hash(key), row["hash"])


def all_keys(db: Connection) -> Sequence[RowMapping]:
    """`id`, `owner`, `created_at`, `revoked_at` of every key, oldest first."""
    columns = (api_keys.c[name] for name in ("id", "owner", "created_at", "revoked_at"))
    return db.execute(select(*columns).order_by(api_keys.c.created_at, api_keys.c.id)).mappings().all()


def revoke(db: Connection, key_id: str) -> None:
    """Revoke a key; does nothing if it already is. Raises NotFound."""
    known = api_keys.c.id == key_id
    if db.execute(select(api_keys.c.id).where(known)).one_or_none() is None:
        raise NotFound(f"there is no key {key_id[:40]!r}; `md5-service key list` lists all keys")
    db.execute(update(api_keys).where(known, api_keys.c.revoked_at.is_(None)).values(revoked_at=now()))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
