"""What is no whole backup is refused, and so is a place that is not empty; nothing is changed by it."""

import io
import random
import re
import shutil
import tarfile

import pytest

from md5_task_data import api_keys, migrations
from md5_task_data.errors import Conflict, InvalidInput
from md5_task_data.upkeep.archive import Writer
from tests.data.archives import content_of, rewritten
from tests.data.place import Place, emptied, everything, staged

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
        assert re.match("this is not a backup|this backup (is|has)", words)
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
    with pytest.raises(InvalidInput, match="incomplete"):
        other.restore(file.getvalue())
    assert other.is_empty()
    assert staged(other) == []


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"schema": "9999"}, "of a newer version of md5-service: its schema is 9999"),
        ({"format": 2}, "has the format 2; this version reads format 1"),
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
