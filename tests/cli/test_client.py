"""`md5_service.client`: against a running service, and its flows by hand, answer by answer."""

import asyncio
import hashlib
import inspect
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from md5_service import client
from md5_service.client import AsyncClient, Client, Task
from md5_service.client.flows import TRIES, Flow, Flows, Pause, Request
from md5_service.client.streams import Bytes, Events
from md5_service.client.upload import BLOCK, Upload
from tests.client import in_a_thread
from tests.house.test_house import ROOT
from tests.service import Service

NOBODY = "01a201f5-3560-7681-96d2-5d5d82951648"
LOST = httpx2.ReadError("gone")


def answer(status: int, headers: dict[str, str] | None = None, **problem: object) -> httpx2.Response:
    kind = "application/problem+json" if status >= 400 else "application/json"
    return httpx2.Response(status, headers={"content-type": kind, **(headers or {})}, content=json.dumps(problem))


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    in_a_thread(lambda: asyncio.run(coroutine))


def carry_out(flow: Flow[Any], *answers: httpx2.Response | Exception) -> tuple[Any, list[Request], list[float]]:
    """The flow's result, or the error that it raises; what it sent, and how long it paused."""
    sent: list[Request] = []
    pauses: list[float] = []
    left: Iterator[httpx2.Response | Exception] = iter(answers)
    try:
        step = next(flow)
        while True:
            if isinstance(step, Pause):
                pauses.append(step.seconds)
                step = next(flow)
                continue
            sent.append(step)
            came = next(left)
            step = flow.throw(came) if isinstance(came, Exception) else flow.send(came)
    except StopIteration as end:
        return end.value, sent, pauses
    except client.ClientError as error:
        return error, sent, pauses


@pytest.fixture
def flows() -> Flows:
    """Of a service that has answered before."""
    flows = Flows("http://service")
    carry_out(flows.get(NOBODY), answer(200))
    return flows


def test_both_clients_have_the_same_calls() -> None:
    def calls(of: type) -> dict[str, list[str]]:
        public = inspect.getmembers(of, lambda member: inspect.isfunction(member))
        return {name: list(inspect.signature(call).parameters) for name, call in public if not name.startswith("_")}

    assert calls(Client) == calls(AsyncClient)
    assert set(calls(Client)) >= {"put", "get", "wait", "list", "cancel", "retry", "download", "manifest", "events"}


def test_a_task_has_the_fields_that_the_service_says() -> None:
    schemas = json.loads((ROOT / "frontend" / "openapi.json").read_text())["components"]["schemas"]
    assert set(Task.__annotations__) == set(schemas["Task"]["properties"])


def test_importing_it_loads_nothing_of_the_service() -> None:
    code = "import sys, md5_service.client; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(ran.stdout.split())
    assert loaded.isdisjoint(
        {"fastapi", "celery", "sqlalchemy", "pydantic", "typer", "rich", "md5_task_data", "uvicorn"}
    )


def test_every_call(service: Service, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    content = os.urandom(BLOCK + 1)
    (tmp_path / "é.bin").write_bytes(content)
    digest = hashlib.md5(content).hexdigest()
    with Client(service.url) as sync:
        task = sync.put(
            tmp_path / "é.bin", batch="sync", params={"expected_md5": digest}, told=lambda *now: told.append(now)
        )
        assert told == [(BLOCK, BLOCK + 1), (BLOCK + 1, BLOCK + 1)]
        assert sync.wait(task["id"], 30)["result"] == {"md5": digest, "expected": digest, "match": True}
        assert [seen["status"] for seen in sync.events(task["id"])][-1] == "done"
        assert list(sync.events(task["id"], task["id"]))[-1] == sync.get(task["id"])
        sync.put(io.BytesIO(b"abc"), filename="abc", batch="sync", wait_s=20)
        assert [one["filename"] for one in sync.list(batch="sync")] == ["abc", "é.bin"]
        assert [one["filename"] for one in sync.list(name="BIN", batch="sync", limit=1)] == ["é.bin"]
        sync.download(task["id"], tmp_path / "again")
        assert (tmp_path / "again").read_bytes() == content
        sync.manifest(tmp_path / "MD5SUMS", batch="sync")
        assert (tmp_path / "MD5SUMS").read_text() == f"{digest}  é.bin\n{hashlib.md5(b'abc').hexdigest()}  abc\n"
        with pytest.raises(client.Conflict) as refused:
            sync.cancel(task["id"])
        assert (refused.value.status, refused.value.code) == (409, "conflict")
        with pytest.raises(client.NotFound):
            sync.download(NOBODY, tmp_path / "none")
        assert sorted(os.listdir(tmp_path)) == ["MD5SUMS", "again", "é.bin"]


def test_every_call_awaited(service: Service, tmp_path: Path) -> None:
    async def calls() -> None:
        async with AsyncClient(service.url) as client_:
            (tmp_path / "file").write_bytes(b"abc")
            task = await client_.put(tmp_path / "file", batch="async")
            assert [seen["status"] async for seen in client_.events(task["id"])][-1] == "done"
            assert (await client_.wait(task["id"], 30))["outcome"] == "done"
            assert await client_.get(task["id"]) == await anext(client_.list(batch="async"))
            kept, lines = io.BytesIO(), io.BytesIO()
            await client_.download(task["id"], kept)
            await client_.manifest(lines, batch="async")
            assert (kept.getvalue(), lines.getvalue()[32:]) == (b"abc", b"  file\n")
            for refused in (client_.cancel(task["id"]), client_.retry(task["id"])):
                with pytest.raises(client.Conflict):
                    await refused

    run(calls())


def test_a_cancelled_file_is_tried_again(service: Service) -> None:
    with Client(service.url) as sync:
        with service.without_workers():
            task = sync.put(io.BytesIO(b"abc"))
            with pytest.raises(client.TimedOut) as over:
                sync.wait(task["id"], 0.2)
            assert over.value.task["status"] == "queued"
            assert sync.cancel(task["id"])["outcome"] == "cancelled"
        again = sync.retry(task["id"])
        assert again["retry_of"] == task["id"]
        assert sync.wait(again["id"], 30)["outcome"] == "done"


def test_the_bytes_of_what_has_ended_are_deleted(service: Service) -> None:
    async def of_async(task_id: str) -> None:
        async with AsyncClient(service.url) as asynchronous:
            await asynchronous.delete_results(task_id)

    with Client(service.url) as sync:
        for delete in (sync.delete_results, lambda task_id: run(of_async(task_id))):
            task = sync.put(io.BytesIO(b"abc"))
            [*_, last] = sync.events(task["id"])
            assert last["status"] == "done"
            delete(task["id"])
            assert sync.get(task["id"])["results_deleted_at"] is not None
            with pytest.raises(client.Gone):
                sync.download(task["id"], io.BytesIO())


def test_the_key_goes_with_every_request() -> None:
    with Client("http://service", key="secret") as sync:
        assert sync._http.headers["authorization"] == "Bearer secret"


def test_what_is_safe_is_sent_again_with_growing_pauses(flows: Flows) -> None:
    result, sent, pauses = carry_out(flows.get(NOBODY), LOST, answer(503), answer(200, id="x"))
    assert (result, len(sent)) == ({"id": "x"}, 3)
    assert pauses[0] < pauses[1]
    result, sent, _ = carry_out(flows.get(NOBODY), *[answer(503, code="unavailable", detail="away")] * TRIES)
    assert isinstance(result, client.Unavailable)
    assert (result.code, result.detail, len(sent)) == ("unavailable", "away", TRIES)


def test_an_upload_is_sent_again_under_the_same_key_from_its_start(flows: Flows) -> None:
    file = io.BytesIO(b"xabc")
    file.read(1)
    upload = Upload(file)
    flow = flows.put(upload, {}, 0, None)
    request = next(flow)
    assert isinstance(request, Request)
    assert (upload.size, upload.read()) == (3, b"abc")
    assert isinstance(flow.throw(LOST), Pause)
    again = next(flow)
    assert again is request
    assert request.headers["Idempotency-Key"]
    assert upload.read() == b"abc"
    for _ in range(2 * TRIES):  # the first one still holds the key
        assert isinstance(flow.send(answer(409, code="idempotency_key_in_use", detail="")), Pause)
        next(flow)
    assert isinstance(flow.send(answer(429, {"retry-after": "7"})), Pause)
    next(flow)
    with pytest.raises(client.InvalidInput):
        flow.send(answer(422))


def test_a_first_upload_that_breaks_off_is_sent_again() -> None:
    flow = Flows("http://service").put(Upload(io.BytesIO(b"abc")), {}, 0, None)  # which has never answered
    next(flow)
    assert isinstance(flow.throw(LOST), Pause)
    next(flow)
    assert isinstance(flow.throw(httpx2.ConnectError("refused")), Pause)  # it is being started again
    assert isinstance(next(flow), Request)


def test_a_key_that_somebody_else_holds_is_told(flows: Flows) -> None:
    flow = flows.put(Upload(io.BytesIO(b"abc")), {}, 0, "a key of my own")
    next(flow)
    with pytest.raises(client.Conflict):
        flow.send(answer(409, code="idempotency_key_in_use", detail="still being received"))


def test_a_pipe_that_was_read_is_not_sent_again(flows: Flows) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"abc")
    os.close(writing)
    with open(reading, "rb", buffering=0) as pipe:
        upload = Upload(pipe)
        flow = flows.put(upload, {}, 0, None)
        next(flow)
        assert upload.read() == b"abc"
        with pytest.raises(client.Unreachable):
            flow.throw(LOST)


def test_what_could_do_harm_twice_is_sent_once(flows: Flows) -> None:
    for flow in (flows.cancel(NOBODY), flows.retry(NOBODY)):
        result, sent, _ = carry_out(flow, LOST)
        assert isinstance(result, client.Unreachable)
        assert len(sent) == 1
    result, sent, _ = carry_out(flows.cancel(NOBODY), httpx2.ConnectError("refused"), answer(200, id="x"))
    assert (result, len(sent)) == ({"id": "x"}, 2)  # the first never left


def test_a_service_that_never_answered_is_not_waited_for() -> None:
    result, sent, pauses = carry_out(Flows("http://service").get(NOBODY), httpx2.ConnectError("refused"))
    assert isinstance(result, client.Unreachable)
    assert (len(sent), pauses) == (1, [])


def test_a_retry_after_is_kept(flows: Flows) -> None:
    _, _, pauses = carry_out(
        flows.get(NOBODY), answer(429, {"retry-after": "7"}), answer(429, {"retry-after": "x"}), answer(200)
    )
    assert pauses[0] == 7
    assert pauses[1] < 2


@pytest.mark.parametrize(
    "came", [httpx2.Response(200, text="<html>"), httpx2.Response(502, text="<html>"), httpx2.Response(307)]
)
def test_what_is_not_the_service_is_told(flows: Flows, came: httpx2.Response) -> None:
    result, _, _ = carry_out(flows.get(NOBODY), *[came] * TRIES)
    assert isinstance(result, client.Unreachable)
    assert "is not this service" in str(result)


def test_a_download_goes_on_where_it_broke_off(flows: Flows) -> None:
    stream = Bytes(flows, "/file", {}, can_go_on=True)
    carry_out(stream.open(), answer(200))
    assert list(stream.take(b"abc")) == [b"abc"]
    carry_out(stream.broke(LOST))
    assert not stream.is_over
    _, [request], _ = carry_out(stream.open(), answer(206))
    assert request.headers["Range"] == "bytes=3-"
    whole_or_nothing = Bytes(flows, "/v1/manifest.md5", {}, can_go_on=False)
    carry_out(whole_or_nothing.open(), answer(200))
    result, _, _ = carry_out(whole_or_nothing.broke(LOST))
    assert isinstance(result, client.Unreachable)


def test_events_go_on_after_the_last_that_was_seen(flows: Flows) -> None:
    stream = Events(flows, [NOBODY])
    carry_out(stream.open(), answer(200))
    queued = httpx2.ServerSentEvent(data=json.dumps({"id": NOBODY, "status": "queued"}), id="tag")
    assert [task["status"] for task in stream.take(queued)] == ["queued"]
    carry_out(stream.broke(LOST))
    _, [request], _ = carry_out(stream.open(), answer(200))
    assert request.headers["Last-Event-ID"] == "tag"
    list(stream.take(httpx2.ServerSentEvent(data=json.dumps({"id": NOBODY, "status": "done"}))))
    assert stream.is_over


def test_a_large_upload_takes_no_memory(service: Service, tmp_path: Path) -> None:
    size = 64 << 20
    with open(tmp_path / "large", "wb") as file:
        file.truncate(size)
    code = (
        "import resource, sys; from md5_service.client import Client; import hashlib\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "task = Client(sys.argv[1]).put(sys.argv[2])\n"
        "print(task['size'], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, service.url, str(tmp_path / "large")], capture_output=True, text=True, check=True
    )
    sent, grown_kib = map(int, ran.stdout.split())
    assert sent == size
    assert grown_kib < 20 << 10


def test_threads_may_share_a_client(service: Service) -> None:
    with Client(service.url) as sync:
        seen: list[str] = []
        threads = [
            threading.Thread(target=lambda: seen.append(sync.put(io.BytesIO(b"x"), wait_s=20)["id"])) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(set(seen)) == 8
