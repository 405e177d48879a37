"""GET /v1/manifest.md5: the digests of finished tasks, for `md5sum -c`."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from md5_service import md5sum
from md5_task_data import tasks
from md5_task_data.database.engine import Database
from md5_task_data.queue import leases
from tests.api.answers import assert_problem
from tests.api.conftest import Api

NAMES = [
    "plain",
    "two words",
    "back\\slash",
    "new\nline",
    "\\both\n",
    "*star",
    " space",
    "é😀",
    "\u202eltr\u200f",
    "tab\t",
]
MANIFEST = "/v1/manifest.md5"
ABC = hashlib.md5(b"abc").hexdigest()
NO_TEXT = (b"\xff\xfe", b"caf\xe9/\xe9", b"\xed\xb3\xbf", b"\xc3\xa9\xc3", b"\xff\n\\")  # valid as names on Linux


def done(database: Database, task_id: str, content: bytes = b"abc") -> None:
    with database.transaction() as db:
        leases.finish(db, leases.claim(db, [task_id], 30)[0], {"md5": hashlib.md5(content).hexdigest()})


@pytest.fixture
def kept(api: Api) -> Database:
    return Database(api.settings.database_url)


@pytest.mark.shows("GET /v1/manifest.md5", "a file name is data")
def test_md5sum_accepts_it_whatever_the_names(api: Api, kept: Database, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        content = b"x" * number
        (folder / name).write_bytes(content)
        sent = api.client.post("/v1/tasks", params={"filename": name, "batch": "odd"}, content=content)
        done(kept, sent.json()["id"], content)
    answer = api.client.get(MANIFEST, params={"batch": "odd"})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="manifest.md5"'
    checked = subprocess.run(["md5sum", "--strict", "-c"], cwd=folder, input=answer.content, capture_output=True)
    assert (checked.returncode, checked.stdout.count(b": OK")) == (0, len(NAMES)), checked.stderr
    written = subprocess.run(["md5sum", "--", *map(os.fsencode, NAMES)], cwd=folder, capture_output=True)
    assert answer.content == written.stdout  # in the order of upload


@pytest.mark.shows("GET /v1/manifest.md5", "a file name is data")
@pytest.mark.parametrize("name", NO_TEXT)
@pytest.mark.parametrize("how", ["query", "form"])
def test_a_name_that_is_no_text_is_kept_byte_for_byte(api: Api, kept: Database, name: bytes, how: str) -> None:
    if how == "query":
        sent = api.client.post(f"/v1/tasks?{urlencode({'filename': name})}", content=b"abc")
    else:
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\nabc\r\n--x--\r\n' % name
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        sent = api.client.post("/v1/tasks", content=head, headers=headers)
    assert sent.status_code == 202, sent.text
    assert sent.json()["filename"] == name.decode(errors="replace")  # JSON is text
    api.client.delete(f"/v1/tasks/{sent.json()['id']}")
    again = api.client.post(f"/v1/tasks/{sent.json()['id']}/retry").json()  # has the same name
    done(kept, again["id"])
    assert api.client.get(MANIFEST).content == md5sum.line(ABC, name)


@pytest.mark.shows("GET /v1/manifest.md5")
def test_what_is_not_done_or_of_another_batch_is_not_in_it(api: Api, kept: Database) -> None:
    for name, batch in (("first", "b"), ("other", "c"), ("first", "b"), ("none", "")):
        done(kept, api.hand_over(filename=name, batch=batch))
    api.hand_over(filename="queued", batch="b")
    api.client.delete(f"/v1/tasks/{api.hand_over(filename='cancelled', batch='b')}")

    def names(**query: str) -> list[str]:
        return [line[34:] for line in api.client.get(MANIFEST, params=query).text.splitlines()]

    assert names(batch="b") == ["first", "first"]
    assert names() == ["first", "other", "first", "none"]
    assert names(batch="nobody knows it") == []
    assert_problem(api.client.get(MANIFEST, params={"batch": "\0"}), 422, "invalid_input", "batch")


def test_steps_neither_skip_nor_repeat_and_show_no_one_elses(
    database: Database, new_task: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "DIGESTS_STEP", 3)
    for number in range(9):  # the last step reads exactly the last row
        done(database, new_task(filename=str(number), batch="even" if number % 2 == 0 else "odd"))
    done(database, new_task(filename="theirs", owner="somebody else", batch="even"))
    seen: list[bytes] = []
    steps, after = 0, None
    while steps == 0 or after:
        with database.reading() as db:
            found, after = tasks.digests(db, "local", batch="even", after=after)
        assert len(found) <= 3
        seen += [name for _, name in found]
        steps += 1
    assert (seen, steps) == ([b"0", b"2", b"4", b"6", b"8"], 4)


def test_an_outage_is_a_problem_before_the_first_line(api: Api) -> None:
    (api.folder / "md5.sqlite3").rename(api.folder / "away")
    (api.folder / "md5.sqlite3").write_bytes(b"not a database" * 1000)
    for left in api.folder.glob("md5.sqlite3-*"):
        left.unlink()
    answer = api.client.get(MANIFEST)
    assert_problem(answer, 503, "unavailable")
