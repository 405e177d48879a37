"""What is in a backup comes back, from whatever make of database into whatever other; what is no whole backup does not."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uuid_utils
from sqlalchemy import JSON, String, cast, func, insert, select, update

from md5_task_data import keys, leases, schema, tasks
from md5_task_data.backup import Holds, backup
from md5_task_data.bucket import Bucket
from md5_task_data.database import Database
from md5_task_data.doctor import examine
from md5_task_data.idempotency import Holder, hold
from md5_task_data.restore import Restored, restore
from md5_task_data.schema import metadata
from md5_task_data.shared_log import SharedLog

NewTask = Callable[..., str]
ODD = "naïve \U0001f9ec\u2028 'quoted' \\ \t\n"
LARGE = 100_000


class Place:
    """A database, a bucket and a log."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = database
        self.bucket = Bucket(f"file://{folder}/bucket")
        self.log = folder / "log" / "tasks.log"

    def make(self) -> None:
        self.bucket.make()
        self.log.parent.mkdir(parents=True)

    def backup(self) -> bytes:
        return self.backup_and_tell()[0]

    def backup_and_tell(self) -> tuple[bytes, Holds]:
        file = io.BytesIO()
        holds = backup(self.database, self.bucket, self.log, file)
        return file.getvalue(), holds

    def restore(self, archive: bytes) -> Restored:
        return restore(io.BytesIO(archive), self.database, self.bucket, self.log, 86400)

    def flush(self) -> None:
        SharedLog(self.database, self.log, 86400).flush()

    def found(self) -> list[str]:
        return [finding.code for finding in examine(self.database, self.bucket, self.log)]

    def is_empty(self) -> bool:
        with self.database.reading() as db:
            return not any(
                db.scalar(select(func.count()).select_from(each)) for each in (schema.tasks, schema.contacts)
            )

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.bucket.root.rglob("*") if path.is_file()}

    def ended(self, outcome: str = "cancelled", **given: object) -> str:
        task_id = self.queued(**given)
        with self.database.transaction() as db:
            tasks.cancel(db, "local", task_id)
        return task_id

    def queued(self, **given: object) -> str:
        task_id = str(uuid_utils.uuid7())
        fields: dict[str, Any] = {"owner": "local", "kind": "md5", "filename": "reads.fastq", "size": 3}
        with self.database.transaction() as db:
            tasks.create(db, tasks.NewTask(task_id, **(fields | given)))
        if "content" not in given:
            incoming = self.bucket.receive(task_id)
            incoming.write([b"a" * (fields | given)["size"]])
            incoming.store()
        return task_id


@pytest.fixture
def full(tmp_path: Path, database: Database) -> Place:
    """Something in every table, and in every state."""
    place = Place(tmp_path / "full", database)
    place.make()
    return fill(place)


def fill(place: Place) -> Place:
    place.ended(filename=ODD, batch="ä")
    place.ended(content=bytes(range(256)), size=256)
    place.flush()
    place.ended(size=LARGE)  # its line is not written yet
    place.queued(filename="größer.csv", size=LARGE, params={"text": ODD, "none": None})
    place.queued(content=b"", size=0)
    running = place.queued(size=5)
    with place.database.transaction() as db:
        assert leases.claim(db, [running], 3600)
        keys.create(db, "ann")
        hold(db, Holder("local", "key", str(uuid_utils.uuid7())))
        row = {"task_id": running, "owner": "local", "name": ODD, "data": json.dumps({"é": ODD}), "email": "é@x.org"}
        db.execute(insert(schema.contacts), [row | {"line": line, "key": f"{line}@x.org"} for line in range(1, 40)])
        db.execute(insert(schema.rejects).values(task_id=running, line=2, piece=0, csv=b"\x00\xff\n" * 5))
        # One that is nothing, and one that is JSON's null.
        db.execute(update(schema.tasks).where(schema.tasks.c.id == running).values(error=None, params=None))
    return place


NEXT = {"sqlite": "postgresql", "postgresql": "mariadb", "mariadb": "sqlite"}


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def empty(request: pytest.FixtureRequest, full: Place, tmp_path: Path, is_long: bool) -> Iterator[Place]:
    """Nothing, not even a folder or a schema; of another make than what is backed up, or in the long form of every make."""
    if not is_long and request.param != NEXT.get(full.database.url.get_backend_name(), "sqlite"):
        pytest.skip("the long form has all pairs")
    url, server = f"sqlite:///{tmp_path}/other.sqlite3", None
    if request.param != "sqlite":
        server = request.getfixturevalue({"postgresql": "postgres"}.get(request.param, request.param))
        url = server.new_database()
    place = Place(tmp_path / "other", Database(url))
    yield place
    place.database.close()
    if server:
        server.drop_database(url)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows; JSON as the text that it is."""
    found = {}
    with database.reading() as db:
        for each in metadata.sorted_tables:
            columns = [cast(c, String) if isinstance(c.type, JSON) else c for c in each.c]
            found[each.name] = [tuple(row) for row in db.execute(select(*columns).order_by(*each.primary_key.columns))]
    return found


# What a restore changes.
BEGUN_AGAIN = ("status", "due_at", "hints", "fence", "started_at", "history", "progress")


def kept(rows: dict[str, list[tuple[Any, ...]]], database: Database) -> dict[str, list[Any]]:
    """What must come back as it was: all but what is begun again, and the line that is written."""
    names = list(schema.tasks.c.keys())
    same = [names.index(name) for name in names if name not in (*BEGUN_AGAIN, "finished_at")]
    found: dict[str, list[Any]] = {name: rows[name] for name in ("contents", "contacts", "rejects", "api_keys")}
    found["tasks"] = [tuple(row[place] for place in same) for row in rows["tasks"]]
    return found


def test_everything_comes_back_whatever_the_make(full: Place, empty: Place) -> None:
    before = everything(full.database)
    archive, holds = full.backup_and_tell()
    assert everything(full.database) == before
    assert holds.rows["tasks"] == 6
    assert {path.name for path in full.bucket.root.iterdir() if path.name.startswith("backup")} == set()
    restored = empty.restore(archive)
    after = everything(empty.database)
    assert kept(after, empty.database) == kept(before, full.database)
    assert (restored.tasks, restored.unfinished, restored.files) == (6, 4, holds.files)
    assert empty.files() == full.files()
    assert empty.log.read_bytes().startswith(full.log.read_bytes())
    assert empty.found() == []
    with empty.database.reading() as db:
        rows = db.execute(select(schema.tasks).where(schema.UNFINISHED)).mappings().all()
        assert [row["status"] for row in rows] == ["queued"] * 3
        assert not db.scalar(select(func.count()).select_from(schema.idempotency_keys))
        nulls = select(schema.tasks.c.id).where(cast(schema.tasks.c.params, String) == "null")
        assert len(db.scalars(nulls).all()) == 1
