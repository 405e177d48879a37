"""Attacks that failed when a security tester tried them must keep failing. docs/security.md has the table and `tricks` the lists;
`test_other_owners.py` and `test_other_sites.py` cover the rest.

`./test` tries a tenth of the paths, chosen by a fixed seed; `--long` tries all of them, with the seed of the run.
"""

import hashlib
import itertools
import random
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from sqlalchemy import select

from md5_service.api.http import index_page
from md5_task_data.database.engine import Database
from md5_task_data.queue import leases
from md5_task_data.schema import tasks
from tests.api.conftest import Api
from tests.api.requests import form
from tests.api.tricks import paths, smuggling
from tests.api.tricks.line import Answer, Line
from tests.api.tricks.paths import Trick

Figure = Callable[[str], None]

SECRET = b"6f1d0c: nobody may read this"
PLANTED = b"planted-6f1d0c"
SAVED_AS = re.compile(r"attachment; filename(=\"[\w.~-]+\"|\*=utf-8''[\w.~%-]+)", re.ASCII)


@pytest.fixture
def line(api: Api) -> Iterator[Line]:
    with closing(Line(api.port)) as line:
        yield line


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built page, with secrets beside it, above it, and beside the bucket."""
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("the page")
    (folder / "assets" / "index.js").write_text("a script")
    for place in (tmp_path, folder):
        (place / "canary.txt").write_bytes(SECRET)
        (place / "canary.txt.br").write_bytes(SECRET)
    monkeypatch.setattr(index_page, "BUILT", folder)
    return folder


def test_no_name_is_a_path(
    built: Path,
    start_api: Callable[..., Api],
    tmp_path: Path,
    is_long: bool,
    figure: Figure,
    request: pytest.FixtureRequest,
) -> None:
    api = start_api()
    task_id = api.hand_over()
    seed = request.config.getoption("randomly_seed", 18) if is_long else 18
    targets = [b"canary.txt", bytes(tmp_path / "canary.txt").lstrip(b"/"), b"etc/passwd", b"index.html"]
    count = 5592 if is_long else 560
    before = outside(tmp_path)
    taken, refused = [], 0
    with closing(Line(api.port)) as line:
        for trick in itertools.islice(paths.tricks(random.Random(seed), targets, PLANTED, task_id), count):
            answer = tried(line, trick)
            said = b"\n".join([answer.body, *(value.encode("latin-1") for _, value in answer.headers)])
            assert answer.status < 500, (seed, trick, answer)
            assert SECRET not in said, (seed, trick)
            assert b"root:" not in said, (seed, trick)
            refused += answer.status >= 400
            if answer.status == 202:
                taken.append(answer)
        for answer in taken:
            assert_is_data(line, answer)
        finished(api)
        listed = line.ask("GET", b"/v1/manifest.md5").body
    assert len(re.findall(rb"^\\?[0-9a-f]{32}  .+$", listed, re.M)) == listed.count(b"\n") == len(taken) + 1
    assert outside(tmp_path) == before
    assert not [folder for folder in (tmp_path / "bucket" / "x").parents if (folder / PLANTED.decode()).exists()]
    assert not [path for path in api.stored() if b"planted" in bytes(path)]
    assert refused > count / 2
    figure(f"{count:,} paths and names (seed {seed}), {refused:,} refused, 0 bytes from outside, 0 of 500 and above")


def tried(line: Line, trick: Trick) -> Answer:
    host = b"http://127.0.0.1" if trick.is_absolute else b""
    if isinstance(trick.where, tuple):
        method, place = trick.where
        return line.ask(method, host + place % trick.name, b"Accept-Encoding: br")
    if trick.where == "query":
        return line.ask("POST", b"/v1/tasks?filename=" + trick.name, body=b"x")
    written = b'filename="%s"' if trick.where == "form" else b"filename*=utf-8''%s"
    sent = form(('name="file"; NAME', b"x"))
    body = sent["content"].replace(b"NAME", written % trick.name)
    return line.ask("POST", b"/v1/tasks", f"Content-Type: {sent['headers']['Content-Type']}".encode(), body=body)


def assert_is_data(line: Line, taken: Answer) -> None:
    """An accepted file has its own bytes, and is downloaded under a name that is not a path."""
    download = line.ask("GET", taken.header("location").encode() + b"/file")
    assert (download.status, download.body) == (200, b"x")
    offered = download.header("content-disposition")
    assert SAVED_AS.fullmatch(offered), offered
    assert not set(unquote_to_bytes(offered)) & set(b"/\0"), offered


def finished(api: Api) -> None:
    """Finish all uploaded files as a worker does."""
    with closing(Database(api.settings.database_url)) as database, database.transaction() as db:
        for claim in leases.claim(db, list(db.scalars(select(tasks.c.id))), 30):
            leases.finish(db, claim, {"md5": hashlib.md5(b"x").hexdigest()})


def outside(folder: Path) -> dict[Path, bytes]:
    """All files in the API's folder except the database and bucket."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "bucket" not in path.parts and not path.name.startswith("md5.sqlite3")
    }


def test_no_second_request_is_found_in_one(api: Api, line: Line, figure: Figure) -> None:
    tried, refused, taken = 0, 0, 0
    for request in smuggling.tricks():
        answer = line.send(request)
        assert answer.status in (202, 400, 415, 422, 431), (request, answer)
        if line.is_open:  # it was read as one request, so this is the next
            next_one = line.ask("GET", b"/healthz")
            assert (next_one.status, next_one.body) == (200, b'{"status":"ok","checks":{}}'), (request, next_one)
        else:
            assert answer.status >= 400, (request, answer)
        refused += answer.status >= 400
        taken += answer.status == 202
        tried += 1
    names = [row.filename for row in api.rows()["tasks"]]
    assert names == ["front"] * taken
    assert tried == 297
    figure(f"{tried} requests that hold another: {refused} refused, {taken} taken as one, 0 as two")
