"""What a backup is made of and restored into: a database, a bucket and a log."""

import io
import json
from pathlib import Path
from typing import Any

import uuid_utils
from sqlalchemy import JSON, String, cast, func, insert, inspect, select, update

from md5_task_data import api_keys, migrations, schema, tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.idempotency import Holder, hold
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.queue import leases, parts
from md5_task_data.schema import metadata
from md5_task_data.upkeep.backup import Holds, backup
from md5_task_data.upkeep.doctor import examine
from md5_task_data.upkeep.restore import Restored, restore
from tests.bucket import files, store

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
            there = set(inspect(db).get_table_names()) & metadata.tables.keys() - {"log_head"}
            return not any(db.scalar(select(func.count()).select_from(metadata.tables[name])) for name in there)

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in files(self.bucket.root)}

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
            store(self.bucket, task_id, b"a" * (fields | given)["size"])
        return task_id


def fill(place: Place) -> Place:
    place.ended(filename=ODD, batch="ä")
    place.ended(content=bytes(range(256)), size=256)
    place.flush()
    place.ended(size=LARGE)  # its line is not written yet
    place.queued(filename="größer.csv", size=LARGE, params={"text": ODD, "none": None})
    place.queued(content=b"", size=0)
    running, cut = place.queued(size=5), place.queued(kind="contacts", size=6)
    with place.database.transaction() as db:
        assert leases.claim(db, [running], 3600)
        (claim,) = leases.claim(db, [cut], 3600)
        parts.cut(db, claim, [leases.Slice(0, 3, 1), leases.Slice(3, 3, 2)], {"delimiter": ODD}, 2, "rows")
        api_keys.create(db, "ann")
        hold(db, Holder("local", "key", str(uuid_utils.uuid7())))
        row = {"task_id": running, "owner": "local", "name": ODD, "data": json.dumps({"é": ODD}), "email": "é@x.org"}
        db.execute(insert(schema.contacts), [row | {"line": line, "key": f"{line}@x.org"} for line in range(1, 40)])
        db.execute(insert(schema.rejects).values(task_id=running, line=2, piece=0, csv=b"\x00\xff\n" * 5))
        number = {"number": "+14155552671", "extension": None, "region": None, "raw": ODD, "line": 1 << 40}
        db.execute(insert(schema.phones), [number | {"task_id": running, "offset": offset} for offset in range(30)])
        db.execute(insert(schema.phone_regions).values(task_id=running, region="", numbers=30))
        # One that is NULL, and one that is JSON's null.
        db.execute(update(schema.tasks).where(schema.tasks.c.id == running).values(error=None, params=None))
    return place


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows, with JSON as text."""
    found = {}
    with database.reading() as db:
        for each in metadata.sorted_tables:
            columns = [cast(c, String) if isinstance(c.type, JSON) else c for c in each.c]
            found[each.name] = [tuple(row) for row in db.execute(select(*columns).order_by(*each.primary_key.columns))]
    return found


def emptied(place: Place) -> Place:
    """Its database is lost; its bucket and log are not."""
    migrations.downgrade(place.database, "base")
    return place


def staged(place: Place) -> list[str]:
    return [path.name for path in place.bucket.root.iterdir() if path.name not in ("tmp",) and len(path.name) > 2]
