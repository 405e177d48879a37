"""A backup is restored, from any database into any other, all at once."""

import gzip
import json
from typing import Any

import pytest
from sqlalchemy import String, cast, delete, func, select

from md5_task_data import migrations, schema, sql
from md5_task_data.errors import DependencyAway
from md5_task_data.upkeep import orphans
from md5_task_data.upkeep.staging import Staging
from tests.data.archives import rewritten
from tests.data.place import Place, emptied, everything, staged

# What a restore changes.
BEGUN_AGAIN = ("status", "due_at", "hints", "fence", "started_at", "history", "progress")


def kept(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[Any]]:
    """What must be restored unchanged: everything but work that starts again, and the line that is written."""
    names = list(schema.tasks.c.keys())
    same = [names.index(name) for name in names if name not in (*BEGUN_AGAIN, "finished_at")]
    found: dict[str, list[Any]] = {name: rows[name] for name in ("contents", "contacts", "rejects", "api_keys")}
    found["tasks"] = [tuple(row[place] for place in same) for row in rows["tasks"]]
    return found


@pytest.mark.shows("md5-service restore")
def test_everything_comes_back_whatever_the_make(empty: Place, full: Place) -> None:
    before = everything(full.database)
    archive, holds = full.backup_and_tell()
    assert everything(full.database) == before
    assert holds.rows["tasks"] == 9  # with two parts
    assert {path.name for path in full.bucket.root.iterdir() if path.name.startswith("backup")} == set()
    restored = empty.restore(archive)
    after = everything(empty.database)
    assert kept(after) == kept(before)
    assert (restored.tasks, restored.unfinished, restored.files) == (7, 5, holds.files)
    assert empty.files() == full.files()
    assert empty.log.read_bytes().startswith(full.log.read_bytes())
    assert empty.found() == []
    with empty.database.reading() as db:
        rows = db.execute(select(schema.tasks).where(schema.UNFINISHED)).mappings().all()
        assert sorted(row["status"] for row in rows) == ["queued"] * 5 + ["waiting"]
        is_due = schema.tasks.c.due_at <= sql.searched_now()
        due = select(func.count()).where(is_due, schema.tasks.c.status == "queued")
        assert db.scalar(due) == 5  # for a broker without messages
        assert not db.scalar(select(func.count()).select_from(schema.idempotency_keys))
        nulls = select(schema.tasks.c.id).where(cast(schema.tasks.c.params, String) == "null")
        assert len(db.scalars(nulls).all()) == 1


def test_a_backup_of_an_older_version_comes_back(place: Place, other: Place) -> None:
    """Rows are loaded into the schema that they had, which is then upgraded."""
    there = ("tasks", "contents", "totals", "ended_minutes", "api_keys", "log_", "idempotency_keys")
    new = (
        "filename_bytes",
        "total",
        "unit",
        "parent_id",
        "parts_left",
        "plan",
        "lane",
        "turn_of",
        "left_at",
        "verdict",
    )

    def as_it_was(name: str, content: bytes) -> bytes | None:
        if name.startswith("database/") and not name.startswith(tuple(f"database/{table}" for table in there)):
            return None
        if not name.startswith("database/tasks"):
            return content
        header, *rows = [json.loads(line) for line in gzip.decompress(content).splitlines()]
        had = [place for place, column in enumerate(header["columns"]) if column not in new]
        header["columns"] = {name: sort for name, sort in header["columns"].items() if name not in new}
        lines = [header, *([row[place] for place in had] for row in rows)]
        return gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())

    with place.database.transaction() as db:
        db.execute(delete(schema.tasks).where(schema.IS_PART | schema.tasks.c.parts_left.is_not(None)))
    before = everything(place.database)
    migrations.upgrade(other.database)  # newer than the backup, and empty
    restored = other.restore(rewritten(place.backup(), as_it_was, "0008"))
    after = everything(other.database)
    assert migrations.is_current(other.database)
    assert after["contents"] == before["contents"]
    assert [row[0] for row in after["tasks"]] == [row[0] for row in before["tasks"]]
    assert restored.unfinished == 4
    assert other.found() == []
    with other.database.reading() as db:
        columns = (schema.tasks.c[name] for name in ("status", "lane", "turn_of"))
        waiting = set(db.execute(select(*columns).where(schema.UNFINISHED, schema.tasks.c.outcome.is_(None))))
        assert waiting == {("queued", "work", "local")}


def test_a_restore_that_breaks_off_can_simply_be_begun_again(full: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails at its last step before the COMMIT: rows are restored with their bytes, or not at all."""
    archive = full.backup()
    emptied(full)
    real = Staging.move_into_bucket

    def break_off(stage: Staging) -> int:
        real(stage)
        raise DependencyAway("it broke off")

    with monkeypatch.context() as patch:
        patch.setattr(Staging, "move_into_bucket", break_off)
        with pytest.raises(DependencyAway):
            full.restore(archive)
    assert full.is_empty()
    assert orphans.marks(full.log) == []
    assert staged(full) == []
    assert full.restore(archive).unfinished == 5
    assert full.found() == []
