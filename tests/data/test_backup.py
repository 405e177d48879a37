"""What is in a backup comes back, from whatever make of database into whatever other; what is no whole backup does not."""

import dataclasses
import gzip
import io
import json
import random
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import uuid_utils
from sqlalchemy import JSON, Connection, String, Table, cast, delete, func, insert, inspect, select, update

from md5_task_data import backup as backing
from md5_task_data import keys, leases, migrations, orphans, parts, portable, schema, tasks
from md5_task_data.archive import Writer
from md5_task_data.backup import Holds, backup
from md5_task_data.bucket import Bucket
from md5_task_data.database import Database
from md5_task_data.doctor import examine
from md5_task_data.errors import BytesMissing, Conflict, DependencyAway, InvalidInput
from md5_task_data.idempotency import Holder, hold
from md5_task_data.orphans import Orphans
from md5_task_data.restore import Restored, restore
from md5_task_data.schema import metadata
from md5_task_data.shared_log import SharedLog
from md5_task_data.staging import Staging, staging
from tests.client import held_by_a_stranger
from tests.data.test_orphans import store
from tests.servers.mariadb import MariaDb
from tests.servers.postgres import Postgres

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
            there = set(inspect(db).get_table_names()) & metadata.tables.keys() - {"log_head"}
            return not any(db.scalar(select(func.count()).select_from(metadata.tables[name])) for name in there)

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
    running, cut = place.queued(size=5), place.queued(kind="contacts", size=6)
    with place.database.transaction() as db:
        assert leases.claim(db, [running], 3600)
        (claim,) = leases.claim(db, [cut], 3600)
        parts.cut(db, claim, [leases.Slice(0, 3, 1), leases.Slice(3, 3, 2)], {"delimiter": ODD}, 2, "rows")
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
def empty(request: pytest.FixtureRequest, tmp_path: Path, is_long: bool) -> Iterator[Place]:
    """Nothing, not even a folder or a schema; of another make than what is backed up, or in the long form of every make."""
    if not is_long and request.param != NEXT[request.node.callspec.params["database_url"]]:
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


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """As `full`, on SQLite: what is tested with it has nothing to do with the make."""
    yield from _on_sqlite(tmp_path, "place", fill)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Place]:
    """Nothing."""
    yield from _on_sqlite(tmp_path, "other-place", lambda place: place)


def _on_sqlite(tmp_path: Path, name: str, prepared: Callable[[Place], Place]) -> Iterator[Place]:
    database = Database(f"sqlite:///{tmp_path}/{name}.sqlite3")
    place = Place(tmp_path / name, database)
    if prepared is fill:
        migrations.upgrade(database)
        place.make()
    yield prepared(place)
    database.close()


def emptied(place: Place) -> Place:
    """Its database is lost, its bucket and its log are not."""
    migrations.downgrade(place.database, "base")
    return place


def staged(place: Place) -> list[str]:
    return [path.name for path in place.bucket.root.iterdir() if path.name not in ("tmp",) and len(path.name) > 2]


def rewritten(
    archive: bytes, change: Callable[[str, bytes], bytes | None], schema_version: str = migrations.HEAD
) -> bytes:
    """A whole backup with other members; None: without this one."""
    file = io.BytesIO()
    writer = Writer(file, schema_version, 0)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for info in tar.getmembers()[1:-1]:
            member = tar.extractfile(info)
            assert member is not None
            if (content := change(info.name, member.read())) is not None:
                writer.add(info.name, io.BytesIO(content), len(content))
        last = tar.extractfile("backup.json")
        assert last is not None
        writer.end(json.loads(last.read()))
    return file.getvalue()


def test_everything_comes_back_whatever_the_make(empty: Place, full: Place) -> None:
    before = everything(full.database)
    archive, holds = full.backup_and_tell()
    assert everything(full.database) == before
    assert holds.rows["tasks"] == 9  # with two parts
    assert {path.name for path in full.bucket.root.iterdir() if path.name.startswith("backup")} == set()
    restored = empty.restore(archive)
    after = everything(empty.database)
    assert kept(after, empty.database) == kept(before, full.database)
    assert (restored.tasks, restored.unfinished, restored.files) == (7, 5, holds.files)
    assert empty.files() == full.files()
    assert empty.log.read_bytes().startswith(full.log.read_bytes())
    assert empty.found() == []
    with empty.database.reading() as db:
        rows = db.execute(select(schema.tasks).where(schema.UNFINISHED)).mappings().all()
        assert sorted(row["status"] for row in rows) == ["queued"] * 5 + ["waiting"]
        is_due = schema.tasks.c.due_at <= schema.searched_now()
        due = select(func.count()).where(is_due, schema.tasks.c.status == "queued")
        assert db.scalar(due) == 5  # for a broker that knows of nothing
        assert not db.scalar(select(func.count()).select_from(schema.idempotency_keys))
        nulls = select(schema.tasks.c.id).where(cast(schema.tasks.c.params, String) == "null")
        assert len(db.scalars(nulls).all()) == 1


def test_what_changes_while_rows_are_written_down_is_not_in_it(
    empty: Place, full: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One state of all tables, and of the log."""
    real, later = portable.dump, []

    def dump(db: Connection, each: Table, file: IO[bytes]) -> int:
        later.append(full.ended(filename="later", content=b"abc"))
        full.flush()
        return real(db, each, file)

    before = everything(full.database)
    monkeypatch.setattr("md5_task_data.backup.dump", dump)
    archive, holds = full.backup_and_tell()
    assert len(later) == len(metadata.sorted_tables)
    assert (holds.rows["tasks"], holds.rows["log_lines"]) == (len(before["tasks"]), len(before["log_lines"]))
    empty.restore(archive)
    assert empty.found() == []
    assert not {row[0] for row in everything(empty.database)["tasks"]} & set(later)


def test_bytes_that_are_deleted_after_their_link_are_in_it(
    place: Place, other: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete_all(*_: object) -> dict[str, int]:
        for name in before:
            place.bucket.delete(name)
        return {}

    before = place.files()
    real = backing._write
    monkeypatch.setattr(backing, "_write", lambda *given: (delete_all(), real(*given))[1])
    other.restore(place.backup())
    assert place.files() == {}
    assert other.files() == before
    assert other.found() == []


def test_a_task_that_lets_go_of_its_bytes_before_they_are_linked_makes_the_snapshot_anew(
    place: Place, other: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is handed over when the links were made, and ends, and its bytes are deleted, when the snapshot was taken: so that in
    the snapshot it has not ended."""
    real = backing._link_missing
    snapshots: list[list[str]] = []

    def link(db: Connection, stage: Staging) -> list[str]:
        db.scalar(select(func.count()).select_from(schema.tasks))
        if not snapshots:
            place.bucket.delete(quick)
            with place.database.transaction() as writing:
                tasks.cancel(writing, "local", quick)
            SharedLog(place.database, place.log, keep_uploads_s=0).flush()
        found = real(db, stage)
        snapshots.append(found)
        return found

    linked = backing._link_kept
    quick = ""

    def link_kept(database: Database, stage: Staging) -> None:
        nonlocal quick
        linked(database, stage)
        quick = quick or place.queued()

    monkeypatch.setattr(backing, "_link_kept", link_kept)
    monkeypatch.setattr(backing, "_link_missing", link)
    archive = place.backup()
    assert snapshots == [[quick], []]
    other.restore(archive)
    with other.database.reading() as db:
        assert tasks.get(db, "local", quick)["outcome"] == "cancelled"


def test_bytes_that_are_gone_for_good_are_told(place: Place) -> None:
    lost = place.queued()
    place.bucket.delete(lost)
    with pytest.raises(BytesMissing, match=f"the bytes of 1 tasks .*{lost}.* doctor"):
        place.backup()
    assert staged(place) == []


def test_what_has_ended_needs_no_bytes(place: Place, other: Place) -> None:
    lost = place.ended()
    place.flush()
    place.bucket.delete(lost)
    other.restore(place.backup())
    assert other.found() == ["bytes_missing"] == place.found()


def test_a_backup_has_no_orphans_and_makes_none_look_young(place: Place, other: Place) -> None:
    """Of no row, and of one whose bytes were to be deleted long ago: with a backup a day they would stay for ever."""
    settled = place.ended()
    place.flush()
    with place.database.transaction() as db:
        db.execute(update(schema.tasks).where(schema.tasks.c.id == settled).values(due_at=None))
    lost = {store(place.bucket), settled}
    before = {file.task_id: file.touched_at for file in place.bucket.stored() if file.task_id in lost}
    other.restore(place.backup())
    assert {file.task_id: file.touched_at for file in place.bucket.stored() if file.task_id in lost} == before
    assert not lost & other.files().keys()


CUTS = 15


def test_a_backup_that_was_cut_or_changed_is_refused_and_leaves_nothing(place: Place, other: Place) -> None:
    archive = place.backup()
    chance = random.Random(20261122)
    end = archive.rindex(b"backup.json")
    broken = [archive[: chance.randrange(len(archive))] for _ in range(CUTS)]
    broken += [archive[:end], b"", b"no backup", archive[512:]]
    for _ in range(CUTS):
        at, bit = chance.randrange(end), 1 << chance.randrange(8)
        broken.append(archive[:at] + bytes([archive[at] ^ bit]) + archive[at + 1 :])
    refused = [content for content in broken if is_refused(other, content)]
    for content in broken:
        assert content in refused or is_padding(archive, content)
    assert len(refused) > 2 * CUTS - 10


def is_refused(other: Place, content: bytes) -> bool:
    """Then nothing was done. What was taken is taken away again."""
    words = ""
    try:
        other.restore(content)
    except InvalidInput as error:
        words = str(error)
    if words:
        assert re.match("this is no backup|this backup (is|has)", words)
        assert other.is_empty()
        assert other.files() == {}
        return True
    emptied(other)
    shutil.rmtree(other.bucket.root)
    other.log.unlink()
    return False


def is_padding(archive: bytes, changed: bytes) -> bool:
    """What nobody reads: the zeros after a member, or a field of its header that says nothing of it, are the difference."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as one, tarfile.open(fileobj=io.BytesIO(changed)) as two:
        pairs = zip(one.getmembers(), two.getmembers(), strict=True)
        return all(one.extractfile(a).read() == two.extractfile(b).read() for a, b in pairs)  # type: ignore[union-attr]


def test_without_its_last_member_it_is_no_backup(place: Place, other: Place) -> None:
    """Though all that is there is right."""
    file = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(place.backup())) as tar, tarfile.open(fileobj=file, mode="w") as cut:
        for info in tar.getmembers()[:-1]:
            cut.addfile(info, tar.extractfile(info))
    with pytest.raises(InvalidInput, match="not whole"):
        other.restore(file.getvalue())
    assert other.is_empty()
    assert staged(other) == []


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"schema": "9999"}, "of a newer version of md5-service: its schema is 9999"),
        ({"format": 2}, "has the format 2, and this program knows 1"),
    ],
)
def test_a_backup_of_a_newer_version_is_refused(
    place: Place, other: Place, about: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Writer.add_json
    monkeypatch.setattr(Writer, "add_json", lambda self, name, given: real(self, name, {**given, **about}))
    archive = place.backup()
    with pytest.raises(InvalidInput, match=words):
        other.restore(archive)
    assert not other.bucket.root.exists()


def test_a_part_that_nobody_knows_is_refused(place: Place, other: Place) -> None:
    for name in ("bucket/../../etc/passwd", "database/alembic_version.jsonl.gz", "bucket/ab/notes"):
        strange = rewritten(place.backup(), lambda _, content: content)
        file = io.BytesIO()
        writer = Writer(file, migrations.HEAD, 0)
        writer.add(name, io.BytesIO(strange), 3)
        writer.end({})
        with pytest.raises(InvalidInput, match=f"does not know: '{name}'"):
            other.restore(file.getvalue())


def test_a_backup_of_an_older_version_comes_back(place: Place, other: Place) -> None:
    """Rows go into the schema that they had, and that is then brought up to date."""
    new = ("total", "unit", "parent_id", "parts_left", "plan")

    def as_it_was(name: str, content: bytes) -> bytes | None:
        if name.startswith(("database/contacts", "database/rejects")):
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
        assert set(db.scalars(select(schema.tasks.c.status).where(schema.UNFINISHED))) == {"queued"}


def test_a_database_of_another_version_is_not_backed_up(place: Place) -> None:
    migrations.downgrade(place.database, "0008")
    with pytest.raises(InvalidInput, match="schema is not of this version"):
        place.backup()


def test_only_an_empty_database_is_restored_into(place: Place, other: Place) -> None:
    archive = place.backup()
    before = everything(place.database)
    with pytest.raises(Conflict, match="the database is not empty"):
        place.restore(archive)
    assert everything(place.database) == before
    migrations.upgrade(other.database)
    with other.database.transaction() as db:
        keys.create(db, "ann")
    with pytest.raises(Conflict, match="api_keys has rows"):
        other.restore(archive)


def test_the_log_of_another_service_is_left_as_it_is(place: Place, other: Place) -> None:
    other.make()
    other.log.write_bytes(b'{"seq":1}\n')
    with pytest.raises(Conflict, match="is not the one of this backup"):
        other.restore(place.backup())
    assert other.log.read_bytes() == b'{"seq":1}\n'
    assert other.is_empty()
    assert (other.files(), staged(other)) == ({}, [])


@pytest.mark.parametrize("left", ["nothing", "half a line", "no file"])
def test_a_log_that_is_older_than_the_backup_is_written_again(place: Place, left: str) -> None:
    place.flush()
    archive, whole = place.backup(), place.log.read_bytes()
    if left == "no file":
        place.log.unlink()
    else:
        place.log.write_bytes({"nothing": b"", "half a line": whole[: len(whole) // 2 - 5]}[left])
    restored = emptied(place).restore(archive)
    assert (restored.written > 0) == (left != "no file")
    assert place.log.read_bytes() == whole
    assert (restored.beyond, place.found()) == (0, [])


def test_a_log_that_is_newer_than_the_backup_is_told_and_kept(place: Place) -> None:
    archive, older = place.backup(), place.log.read_bytes()
    later = [place.ended(filename=f"later-{number}") for number in range(3)]
    place.flush()
    newer = place.log.read_bytes()
    restored = emptied(place).restore(archive)
    assert (restored.written, restored.beyond, restored.lost) == (0, 4, 3)  # of one the line was not written yet
    assert [f"{task_id} 'later-{number}'" for number, task_id in enumerate(later)] == restored.named
    (saved,) = place.log.parent.glob("*.beyond-*")
    assert older + saved.read_bytes() == newer
    assert place.log.read_bytes().startswith(older)
    assert restored.unknown == 3
    assert sorted(place.found()) == ["log_ahead", "restored"]


def test_a_log_that_cannot_be_written_now_is_told_and_comes_later(
    place: Place, other: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then all else is back: it is no failure of the restore."""
    place.flush()
    archive, whole = place.backup(), place.log.read_bytes()
    other.make()
    other.log.touch()
    with held_by_a_stranger(other.log):
        assert "is the service running?" in other.restore(archive).log_trouble
    other.flush()
    assert other.log.read_bytes() == whole

    def away(_: SharedLog) -> int:
        raise DependencyAway("the log's disk is away")

    emptied(other)
    with monkeypatch.context() as patch:
        patch.setattr(SharedLog, "flush", away)
        assert other.restore(archive).log_trouble == "the log's disk is away"
    assert other.found() == []


def test_files_that_no_row_keeps_stay_until_somebody_has_looked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log and rows are both those of the backup, and so alike; the bucket is of a later time."""
    monkeypatch.setattr(orphans, "REST_S", 0)
    place.flush()
    archive = place.backup()
    later = [place.queued(), place.queued()]
    restored = emptied(place).restore(archive)
    assert (restored.beyond, restored.unknown) == (0, 2)
    sweeper = Orphans(place.database, place.bucket, place.log)
    assert sweeper.delete_some(safe_age_s=-60) == 0
    assert place.found() == ["restored"]
    (mark,) = orphans.marks(place.log)
    mark.rename(mark.with_name("looked-at"))
    assert sweeper.delete_some(safe_age_s=-60) == 2
    assert not set(later) & place.files().keys()
    assert place.found() == []


def test_where_the_bucket_has_nothing_else_there_is_nothing_to_be_looked_at(place: Place) -> None:
    place.flush()
    archive = place.backup()
    place.bucket.receive(str(uuid_utils.uuid7()))  # nobody's promise
    one, another = sorted(place.files())[:2]
    place.bucket.file(one).write_bytes(b"damaged")
    shared = place.bucket.file(another).stat().st_ino
    restored = emptied(place).restore(archive)
    assert restored.files == 1  # the others are there
    assert place.bucket.file(another).stat().st_ino == shared
    assert orphans.marks(place.log) == []
    assert place.found() == []


def test_a_restore_that_breaks_off_can_simply_be_begun_again(full: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its last step before the COMMIT: rows come with their bytes, or not at all."""
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


def test_one_that_was_killed_before_it_had_its_lock_goes_with_the_next(place: Place) -> None:
    unlocked = place.bucket.root / "backup-0123456789abcdef"
    unlocked.mkdir()
    with staging(place.bucket, "backup") as stage:
        assert list(place.bucket.root.glob("backup-*")) == [stage.folder]
    assert list(place.bucket.root.glob("backup-*")) == []


def test_what_a_killed_one_left_is_told_and_goes_with_the_next(place: Place) -> None:
    with staging(place.bucket, "backup") as alive:
        dead = place.bucket.root / "restore-0123456789abcdef"
        (dead / "ab").mkdir(parents=True)
        (dead / "lock").touch()
        (place.bucket.root / "backup-of-mine").mkdir()
        assert [finding.about for finding in examine(place.database, place.bucket, place.log)] == [str(dead)]
        place.backup()
        assert sorted(staged(place)) == sorted([alive.folder.name, "backup-of-mine"])
    assert staged(place) == ["backup-of-mine"]
    assert place.found() == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_memory_is_flat(
    place: Place, postgres: Postgres, mariadb: MariaDb, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """100,000 tasks, as many contacts and 20,000 stored files cost a process that makes a backup, or brings it back, hardly more
    than a handful."""
    few, _ = at_its_most(place, tmp_path / "few.tar", "backup")
    fill_up(place, 100_000, 20_000)
    many, took_s = at_its_most(place, tmp_path / "many.tar", "backup")
    size = (tmp_path / "many.tar").stat().st_size >> 20
    figure(f"sqlite, backup: {took_s:.1f} s, {size} MiB; {few} MiB for a handful of rows, {many} for 200,000")
    assert many < few + MOST_MORE
    for url in (f"sqlite:///{tmp_path}/again.sqlite3", postgres.new_database(), mariadb.new_database()):
        make = url.partition(":")[0]
        other = Place(tmp_path / f"{make}-place", Database(url))
        other.make()
        back, took_s = at_its_most(other, tmp_path / "many.tar", "restore")
        again, again_s = at_its_most(other, tmp_path / f"{make}.tar", "backup")
        figure(f"{make}, restore: {took_s:.1f} s, {back} MiB; backup of that: {again_s:.1f} s, {again} MiB")
        assert max(back, again) < few + MOST_MORE
        other.database.close()


MOST_MORE = 40  # MiB
MEASURED = """
import sys, time
from pathlib import Path
from md5_task_data.backup import backup
from md5_task_data.bucket import Bucket
from md5_task_data.database import Database
from md5_task_data.restore import restore
what, file, url, root, log = sys.argv[1:]
began = time.monotonic()
with open(file, "wb" if what == "backup" else "rb") as archive:
    if what == "backup":
        backup(Database(url), Bucket(f"file://{root}"), Path(log), archive)
    else:
        restore(archive, Database(url), Bucket(f"file://{root}"), Path(log), 60)
most = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(most) >> 10, time.monotonic() - began)
"""


def at_its_most(place: Place, file: Path, what: str) -> tuple[int, float]:
    """MiB that a process of its own took, and seconds."""
    url = place.database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", MEASURED, what, str(file), url, str(place.bucket.root), str(place.log)]
    words = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return int(words[0]), float(words[1])


def fill_up(place: Place, rows: int, files: int) -> None:
    """With tasks that have not ended; of the last ones the bytes are in the bucket."""
    step, first = 1000, place.queued()
    for start in range(0, rows, step):
        ids = [str(uuid_utils.uuid7()) for _ in range(step)]
        news = [tasks.NewTask(task_id, "local", "md5", f"{ODD}{task_id}", 3, content=b"abc") for task_id in ids]
        if start >= rows - files:
            news = [dataclasses.replace(new, content=None) for new in news]
            for task_id in ids:
                place.bucket.share(first, task_id)
        row = {"line": 2, "owner": "local", "name": ODD, "data": json.dumps({"é": ODD})}
        found = [row | {"task_id": task_id, "key": f"{task_id}@x.org", "email": f"{task_id}@x.org"} for task_id in ids]
        with place.database.transaction() as db:
            tasks.create_all(db, [(new, None) for new in news])
            db.execute(insert(schema.contacts), found)
