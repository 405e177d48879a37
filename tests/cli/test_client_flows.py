"""The flows of `md5_service.client`, step by step, with prepared responses: what is retried, when, and what is not."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from md5_service import client
from md5_service.client.flows import TRIES, Flow, Flows, Pause, Request
from md5_service.client.streams import Bytes, Events, written
from md5_service.client.upload import Upload
from tests.client import NOBODY

LOST = httpx2.ReadError("gone")


def answer(status: int, headers: dict[str, str] | None = None, **problem: object) -> httpx2.Response:
    kind = "application/problem+json" if status >= 400 else "application/json"
    return httpx2.Response(status, headers={"content-type": kind, **(headers or {})}, content=json.dumps(problem))


def carry_out(flow: Flow[Any], *answers: httpx2.Response | Exception) -> tuple[Any, list[Request], list[float]]:
    """The result of the flow or the error it raises, the requests it sent, and its pauses."""
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
    """The calls to a service that has answered before."""
    flows = Flows("http://service")
    carry_out(flows.get(NOBODY), answer(200))
    return flows


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
    for _ in range(2 * TRIES):  # the first request still holds the key
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
    assert isinstance(flow.throw(httpx2.ConnectError("refused")), Pause)  # the service is restarting
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
    assert (result, len(sent)) == ({"id": "x"}, 2)  # the first request was never sent


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


def test_what_others_have_put_in_a_download_s_way_is_not_written_to(tmp_path: Path) -> None:
    (victim := tmp_path / "victim").write_bytes(b"kept")
    (tmp_path / ".got.part").symlink_to(victim)
    (tmp_path / "got").symlink_to(victim)
    with written(tmp_path / "got") as file:
        file.write(b"abc")
    assert (victim.read_bytes(), (tmp_path / "got").read_bytes()) == (b"kept", b"abc")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".got.part", "got", "victim"]
