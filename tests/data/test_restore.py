"""What is in a backup comes back, from whatever make of database into whatever other; what is no whole backup does not."""

import gzip
import io
import json
import random
import re
import shutil
import tarfile
from typing import Any

import pytest
import uuid_utils
from sqlalchemy import String, cast, delete, func, select

from md5_task_data import api_keys, migrations, schema, sql
from md5_task_data.errors import Conflict, DependencyAway, InvalidInput
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.upkeep import orphans
from md5_task_data.upkeep.archive import Writer
from md5_task_data.upkeep.orphans import Orphans
from md5_task_data.upkeep.staging import Staging
from tests.client import held_by_a_stranger
from tests.data.archives import content_of, rewritten
from tests.data.place import Place, emptied, everything, staged

# What a restore changes.
BEGUN_AGAIN = ("status", "due_at", "hints", "fence", "started_at", "history", "progress")


def kept(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[Any]]:
    """What must come back as it was: all but what is begun again, and the line that is written."""
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
        assert db.scalar(due) == 5  # for a broker that knows of nothing
        assert not db.scalar(select(func.count()).select_from(schema.idempotency_keys))
        nulls = select(schema.tasks.c.id).where(cast(schema.tasks.c.params, String) == "null")
        assert len(db.scalars(nulls).all()) == 1


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
        return all(content_of(one, a) == content_of(two, b) for a, b in pairs)


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
    new = ("filename_bytes", "total", "unit", "parent_id", "parts_left", "plan", "lane", "turn_of", "left_at")

    def as_it_was(name: str, content: bytes) -> bytes | None:
        if name.startswith(tuple(f"database/{table}" for table in ("contacts", "rejects", "asked_domains", "asking"))):
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


def test_only_an_empty_database_is_restored_into(place: Place, other: Place) -> None:
    archive = place.backup()
    before = everything(place.database)
    with pytest.raises(Conflict, match="the database is not empty"):
        place.restore(archive)
    assert everything(place.database) == before
    migrations.upgrade(other.database)
    with other.database.transaction() as db:
        api_keys.create(db, "ann")
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
