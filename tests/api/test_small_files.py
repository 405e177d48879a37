"""Small files, which are stored in the database, behave like all others."""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Callable
from typing import NoReturn

import httpx2
import pytest
from sqlalchemy import func, select, update
from starlette.types import Message, Send

from md5_service.api.http.download import Download
from md5_service.worker import sweeper
from md5_service.worker.heartbeat import Beat
from md5_service.worker.job import Job, Means
from md5_service.worker.kinds import md5
from md5_task_data.bucket import small_files
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.errors import BytesMissing, DependencyAway
from md5_task_data.queue import leases
from md5_task_data.schema import contents as table
from md5_task_data.schema import tasks
from md5_task_data.upkeep.doctor import examine
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.client import in_a_thread

SMALL = 100
KEY = {"Idempotency-Key": "once"}


@pytest.fixture
def api(start_api: Callable[..., Api]) -> Api:
    return start_api(small_file_bytes=SMALL)


@pytest.fixture
def database(api: Api) -> Database:
    return Database(api.settings.database_url)


def kept(database: Database) -> int:
    with database.reading() as db:
        return int(db.execute(select(func.count()).select_from(table)).scalar_one())


def no_transaction(_: object) -> NoReturn:
    pytest.fail("an MD5 needs nothing of the database")


def hand_over(api: Api, content: bytes, how: str = "raw", **headers: str) -> httpx2.Response:
    sent = {"content": content} if how == "raw" else {"files": {"file": ("a", content)}}
    return api.client.post("/v1/tasks", headers=headers, **sent)


@pytest.mark.parametrize("how", ["raw", "form"])
@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1])
def test_what_is_small_is_in_the_database_and_one_byte_more_in_the_bucket(
    api: Api, database: Database, size: int, how: str
) -> None:
    content = bytes(range(256))[-size:] if size else b""
    task_id = hand_over(api, content, how).json()["id"]
    is_small = size <= SMALL
    assert (kept(database), len(api.stored())) == (is_small, not is_small)
    with database.transaction() as db:
        (claim,) = leases.claim(db, [task_id], 30)
    assert claim.content == (content if is_small else None)
    done = md5.work(Job(claim, Beat(claim), Means(Bucket(api.settings.bucket_url), api.settings, no_transaction)))
    assert done.md5 == hashlib.md5(content).hexdigest()
    answer = api.client.get(f"/v1/tasks/{task_id}/file")
    assert (answer.content, answer.headers["content-length"], answer.headers["etag"]) == (
        content,
        str(size),
        f'"{task_id}"',
    )
    head = api.client.head(f"/v1/tasks/{task_id}/file")
    assert (head.content, head.headers["content-length"]) == (b"", str(size))
    assert list(examine(database, Bucket(api.settings.bucket_url), api.settings.log_path)) == []


def test_parts_of_it_can_be_asked_for(api: Api) -> None:
    url = f"/v1/tasks/{hand_over(api, b'abc').json()['id']}/file"
    part = api.client.get(url, headers={"Range": "bytes=1-"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"bc", "bytes 1-2/3")
    assert_problem(api.client.get(url, headers={"Range": "bytes=7-"}), 416, "no_such_range", "the file has 3 bytes")
    assert api.client.get(url, headers={"If-None-Match": "*"}).status_code == 304


def test_a_bucket_that_is_away_does_not_matter_to_it(api: Api, database: Database) -> None:
    (api.folder / "bucket").rename(api.folder / "away")
    assert hand_over(api, b"abc").status_code == 202
    assert_problem(hand_over(api, b"x" * (SMALL + 1)), 503, "unavailable")
    assert kept(database) == 1


def test_no_file_however_small_takes_what_is_left_of_the_disk(
    start_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = Bucket.check_room

    def noted(bucket: Bucket, needed: int) -> None:
        asked.append(needed)
        real(bucket, needed if len(asked) == 1 else 1 << 60)

    monkeypatch.setattr(Bucket, "check_room", noted)
    api = start_api(small_file_bytes=SMALL, disk_reserve_bytes=1000)
    assert hand_over(api, b"abc").status_code == 202
    assert_problem(hand_over(api, b"abc"), 507, "storage_full", "nothing was stored")
    assert_problem(hand_over(api, b""), 507, "storage_full", "nothing was stored")
    assert asked == [1003, 1003, 1000]
    assert (api.count(), kept(Database(api.settings.database_url))) == (1, 1)


def test_what_is_refused_leaves_nothing_behind(api: Api, database: Database) -> None:
    assert_problem(api.client.post("/v1/tasks", params={"kind": "none"}, content=b"abc"), 422, "invalid_input")
    assert (kept(database), api.count()) == (0, 0)


def test_its_bytes_are_known_again_by_its_key(api: Api, database: Database) -> None:
    first = hand_over(api, b"abc", **KEY)
    again = hand_over(api, b"abc", **KEY)
    assert (again.json()["id"], again.headers["idempotent-replayed"]) == (first.json()["id"], "true")
    assert_problem(hand_over(api, b"abd", **KEY), 422, "idempotency_key_reused")
    assert (kept(database), api.count()) == (1, 1)


def test_another_try_has_the_same_bytes_and_each_goes_by_itself(api: Api, database: Database) -> None:
    first = hand_over(api, b"abc").json()["id"]
    api.client.delete(f"/v1/tasks/{first}")
    api.flush_log()
    second = api.client.post(f"/v1/tasks/{first}/retry").json()["id"]
    assert (kept(database), api.stored()) == (2, [])
    assert api.client.delete(f"/v1/tasks/{first}/results").status_code == 204
    assert kept(database) == 1
    assert api.client.get(f"/v1/tasks/{second}/file").content == b"abc"
    assert_problem(api.client.get(f"/v1/tasks/{first}/file"), 410, "bytes_missing")
    api.finish(second)
    api.flush_log()
    with database.transaction() as db:
        db.execute(update(tasks).where(tasks.c.due_at.is_not(None)).values(due_at=1))
    assert sweeper.delete_expired(database, Bucket(api.settings.bucket_url)) == 1
    assert kept(database) == 0
    assert_problem(api.client.get(f"/v1/tasks/{second}/file"), 410, "bytes_missing")


def test_a_bucket_that_is_away_keeps_no_small_file_beyond_its_time(api: Api, database: Database) -> None:
    ids = [hand_over(api, bytes(size)).json()["id"] for size in (SMALL + 1, 1, 2)]
    for task_id in ids:
        api.client.delete(f"/v1/tasks/{task_id}")
    api.flush_log()
    with database.transaction() as db:
        for due_at, task_id in enumerate(ids, start=1):  # the one in the bucket first
            db.execute(update(tasks).where(tasks.c.id == task_id).values(due_at=due_at))
    bucket = Bucket(api.settings.bucket_url)
    away = bucket.root.rename(api.folder / "away")
    with pytest.raises(DependencyAway):
        sweeper.delete_expired(database, bucket)
    assert kept(database) == 0
    away.rename(bucket.root)
    assert sweeper.delete_expired(database, bucket) == 1
    assert api.stored() == []


async def receive_nothing() -> Message:
    return await asyncio.Future()


async def ignore(_message: Message) -> None:
    pass


async def break_off(_message: Message) -> None:
    raise ConnectionResetError


@pytest.mark.parametrize("send", [ignore, break_off])
def test_no_download_leaves_a_file_open(send: Send) -> None:
    download = Download(b"abc", media_type="application/octet-stream")
    assert _open_memory() != []
    with contextlib.suppress(ConnectionResetError):
        in_a_thread(
            lambda: asyncio.run(download({"type": "http", "method": "GET", "headers": []}, receive_nothing, send))
        )
    assert _open_memory() == []  # even if references remain, as in a traceback


def _open_memory() -> list[str]:
    names = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            names.append(os.readlink(f"/proc/self/fd/{number}"))
    return [name for name in names if "memfd" in name]


def test_bytes_that_are_gone_from_the_database_are_found_to_be(api: Api, database: Database) -> None:
    task_id = hand_over(api, b"abc").json()["id"]
    Bucket(api.settings.bucket_url).make()
    with database.transaction() as db:
        small_files.remove(db, [task_id])
    (finding,) = examine(database, Bucket(api.settings.bucket_url), api.settings.log_path)
    assert (finding.code, finding.about) == ("bytes_missing", task_id)
    with database.transaction() as db:
        (claim,) = leases.claim(db, [task_id], 30)
    with pytest.raises(BytesMissing, match="missing"):
        md5.work(Job(claim, Beat(claim), Means(Bucket(api.settings.bucket_url), api.settings, no_transaction)))
