"""What uses the stored bytes: GET /v1/tasks/{id}/file and POST /v1/tasks/{id}/retry. What deletes them: DELETE
/v1/tasks/{id}/results."""

import pytest

from md5_task_data import tasks
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.queue import leases
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.client import NOBODY

ODD = 'run 7/../a "b"; é\n<x>.gz'


@pytest.mark.shows("GET /v1/tasks/{task_id}/file")
def test_the_bytes_come_back_as_they_were_sent(api: Api) -> None:
    content = bytes(range(256)) * 5000
    task_id = api.client.post("/v1/tasks", params={"filename": ODD}, content=content).json()["id"]
    answer = api.client.get(f"/v1/tasks/{task_id}/file")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''a%20%22b%22")
    assert "\n" not in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("L1/L2/R1.fq", '"R1.fq"'),
        ("a" * 300 + ".bam", '"%s.bam"' % ("a" * 251)),
        ("é" * 4096, "%C3%A9" * 127),
        ("..", '".."'),
    ],
)
def test_a_download_is_named_by_the_end_of_its_path(api: Api, name: str, saved: str) -> None:
    answer = api.client.get(f"/v1/tasks/{api.hand_over(filename=name)}/file")
    assert answer.headers["content-disposition"].endswith(saved)
    assert len(answer.headers["content-disposition"]) < 1000


def test_a_download_can_be_gone_on_with(api: Api) -> None:
    task_id = api.hand_over()
    part = api.client.get(f"/v1/tasks/{task_id}/file", headers={"Range": "bytes=1-"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"bc", "bytes 1-2/3")
    beyond = api.client.get(f"/v1/tasks/{task_id}/file", headers={"Range": "bytes=7-"})
    assert_problem(beyond, 416, "no_such_range", "the file has 3 bytes")
    assert beyond.headers["content-range"] == "bytes */3"


@pytest.mark.parametrize("asked", ["", "bytes", "bytes=", "bytes=x-y", "bytes=2-1", "lines=0-1"])
def test_a_range_that_is_none_is_ignored(api: Api, asked: str) -> None:
    answer = api.client.get(f"/v1/tasks/{api.hand_over()}/file", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, b"abc")


@pytest.mark.parametrize("path", ["", "/file"])
def test_what_a_client_has_already_is_not_sent_again(api: Api, path: str) -> None:
    url = f"/v1/tasks/{api.hand_over()}{path}"
    etag = api.client.get(url).headers["etag"]
    for known, status in ((etag, 304), (f'"x", W/{etag}', 304), ("*", 304), ('"x"', 200)):
        answer = api.client.get(url, headers={"If-None-Match": known})
        assert (answer.status_code, answer.headers["etag"]) == (status, etag)
        assert (answer.content == b"") == (status == 304)


def test_a_folder_in_the_place_of_bytes_is_no_fault_of_the_service(api: Api) -> None:
    task_id = api.hand_over()
    (stored,) = api.stored()
    stored.unlink()
    stored.mkdir()
    assert_problem(api.client.get(f"/v1/tasks/{task_id}/file"), 410, "bytes_missing")


def test_an_empty_file_comes_back_too(api: Api) -> None:
    task_id = api.client.post("/v1/tasks", content=b"").json()["id"]
    answer = api.client.get(f"/v1/tasks/{task_id}/file")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.shows("POST /v1/tasks/{task_id}/retry", "GET /v1/tasks/{task_id}/file", "answer 410")
@pytest.mark.parametrize(("method", "path"), [("GET", "file"), ("POST", "retry")])
def test_bytes_that_are_gone_are_410_and_an_unknown_id_404(api: Api, method: str, path: str) -> None:
    task_id = api.hand_over()
    api.client.delete(f"/v1/tasks/{task_id}")
    Bucket(api.settings.bucket_url).delete(task_id)
    assert_problem(
        api.client.request(method, f"/v1/tasks/{task_id}/{path}"), 410, "bytes_missing", "Upload the file again"
    )
    for unknown in (NOBODY, "nonsense"):
        assert_problem(api.client.request(method, f"/v1/tasks/{unknown}/{path}"), 404, "not_found")


@pytest.mark.shows("POST /v1/tasks/{task_id}/retry")
def test_a_cancelled_task_is_tried_again_under_an_id_of_its_own(api: Api) -> None:
    first = api.hand_over(filename=ODD, batch="b", expected_md5="0" * 32)
    api.client.delete(f"/v1/tasks/{first}")
    answer = api.client.post(f"/v1/tasks/{first}/retry")
    again = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/tasks/{again['id']}")
    assert (again["retry_of"], again["status"], again["attempt"]) == (first, "queued", 0)
    before = api.client.get(f"/v1/tasks/{first}").json()
    same = ("kind", "filename", "size", "batch", "params")
    assert [again[name] for name in same] == [before[name] for name in same]
    assert before["retry_of"] is None
    Bucket(api.settings.bucket_url).delete(first)  # each task has its own copy of the bytes
    assert api.client.get(f"/v1/tasks/{again['id']}/file").content == b"abc"


@pytest.mark.shows("POST /v1/tasks/{task_id}/retry")
def test_only_what_failed_or_was_cancelled_is_tried_again(api: Api) -> None:
    task_id = api.hand_over()
    assert_problem(api.client.post(f"/v1/tasks/{task_id}/retry"), 409, "conflict", "has not finished")
    api.finish(task_id)
    assert_problem(api.client.post(f"/v1/tasks/{task_id}/retry"), 409, "conflict", "the outcome of this one is done")
    failed = api.hand_over()
    database = Database(api.settings.database_url)
    with database.transaction() as db:
        [claim] = leases.claim(db, [failed], 30)
        leases.fail(db, claim, {"code": "unexpected", "detail": "x"})
    database.close()
    assert api.client.post(f"/v1/tasks/{failed}/retry").status_code == 202
    assert len(api.stored()) == 3


def test_a_retry_whose_row_cannot_be_written_leaves_no_bytes(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = api.hand_over()
    api.client.delete(f"/v1/tasks/{task_id}")

    def refuse(*_: object) -> None:
        raise RuntimeError("no row today")

    with monkeypatch.context() as patch:
        patch.setattr("md5_task_data.tasks.create_all", refuse)
        assert api.client.post(f"/v1/tasks/{task_id}/retry").status_code == 500
    assert len(api.stored()) == 1
    assert api.client.post(f"/v1/tasks/{task_id}/retry").status_code == 202


@pytest.mark.shows("DELETE /v1/tasks/{task_id}/results")
def test_an_owner_deletes_the_bytes_of_what_has_ended_and_the_task_stays(api: Api) -> None:
    task_id = api.hand_over()
    results = f"/v1/tasks/{task_id}/results"
    assert_problem(api.client.delete(results), 409, "conflict", "has not finished")
    api.finish(task_id)
    assert_problem(api.client.delete(results), 409, "conflict", "has not finished")  # computed: its line is not written
    api.flush_log()
    before = api.client.get(f"/v1/tasks/{task_id}").json()
    assert (before["kept"], before["results_deleted_at"]) == (True, None)

    answers = api.client.delete(results), api.client.delete(f"/v1/tasks/{task_id.upper()}/results")
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    after = api.client.get(f"/v1/tasks/{task_id}").json()
    assert after["results_deleted_at"] > before["finished_at"]
    assert after == before | {"kept": False, "kept_until": None, "results_deleted_at": after["results_deleted_at"]}
    assert api.stored() == []
    assert_problem(api.client.get(f"/v1/tasks/{task_id}/file"), 410, "bytes_missing", "on request")
    for unknown in (NOBODY, "nonsense"):
        assert_problem(api.client.delete(f"/v1/tasks/{unknown}/results"), 404, "not_found")


def test_what_was_deleted_is_neither_served_nor_tried_again_though_the_bytes_are_still_there(api: Api) -> None:
    task_id = api.hand_over()
    api.client.delete(f"/v1/tasks/{task_id}")
    api.flush_log()
    database = Database(api.settings.database_url)
    with database.transaction() as db:
        tasks.delete_results(db, "local", task_id)
    database.close()
    assert len(api.stored()) == 1
    assert_problem(api.client.get(f"/v1/tasks/{task_id}/file"), 410, "bytes_missing")
    assert_problem(api.client.post(f"/v1/tasks/{task_id}/retry"), 410, "bytes_missing")
    with_others = api.client.post("/v1/tasks", content=b"abc").json()["id"]
    assert api.client.get(f"/v1/tasks/{with_others}/file").content == b"abc"


def test_bytes_that_cannot_be_deleted_now_are_left_to_the_sweeper(api: Api) -> None:
    task_id = api.hand_over()
    api.client.delete(f"/v1/tasks/{task_id}")
    api.flush_log()
    bucket = api.folder / "bucket"
    away = bucket.rename(api.folder / "away")
    assert api.client.delete(f"/v1/tasks/{task_id}/results").status_code == 204
    away.rename(bucket)
    assert api.client.get(f"/v1/tasks/{task_id}/file").status_code == 410
