"""The proxy in front: what it passes on, and how it refuses the rest."""

import hashlib
import http.client
import json
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial

import httpx2
import pytest

from tests.client import IN_TIME_S, TLS, wait_for
from tests.deployment.containers import Deployment, Podman, is_open
from tests.deployment.narrow_proxy import CONNECTIONS, Proxy

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]

MIB = 1 << 20
HEADER_S, BODY_S = 5, 30  # how long the proxy waits for a slow head, and the API for a slow body


def let_in(ask: Callable[[], httpx2.Response]) -> httpx2.Response:
    """The response, requested again while other tests have used up the rate limit."""

    def answer() -> httpx2.Response | None:
        found = ask()
        return found if found.status_code != 429 else None

    return wait_for(answer, "another answer than 429", every_s=0.5)


def assert_problem(answer: httpx2.Response, status: int, code: str) -> None:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"/help/errors/#{code}"
    assert problem["detail"]


def test_a_large_file_goes_straight_through(deployment: Deployment) -> None:
    """It is larger than any buffer of the proxy, and the API receives its beginning before its end is sent."""
    block = secrets.token_bytes(MIB)
    incoming = deployment.volume("bucket") / "tmp"
    seen: list[int] = []

    def body() -> Iterator[bytes]:
        for number in range(200):
            if number == 150:
                seen.append(
                    wait_for(lambda: sum(file.stat().st_size for file in incoming.iterdir()), "bytes to arrive")
                )
            yield block

    with deployment.client() as client:
        answer = client.post("/v1/tasks", params={"filename": "large"}, content=body())
    assert answer.status_code == 202, answer.text
    assert seen[0] > 100 * MIB
    assert deployment.ended(answer.json()["id"], 60)["result"] == {"md5": hashlib.md5(block * 200).hexdigest()}
    used = int(deployment.execute("nginx_1", "du", "-sk", "/tmp").split()[0])
    assert used < 1024


def test_events_come_as_they_happen(deployment: Deployment) -> None:
    deployment.podman("pause", deployment.name("large_1"))
    try:
        task_id = deployment.hand_over(secrets.token_bytes(65 * MIB))
        with deployment.client() as client, client.stream("GET", f"/v1/tasks/{task_id}/events") as stream:
            lines = stream.iter_lines()
            began = time.monotonic()
            assert any('"status":"queued"' in line for line in lines)
            assert time.monotonic() - began < 5
            deployment.podman("unpause", deployment.name("large_1"))
            assert any('"status":"done"' in line for line in lines)
    finally:
        if deployment.podman.inspect(deployment.name("large_1"), ".State.Paused") == "true":
            deployment.podman("unpause", deployment.name("large_1"))


def test_what_is_too_large_is_refused_with_its_length_and_without(proxy: Proxy, deployment: Deployment) -> None:
    with httpx2.Client(base_url=proxy.url, headers=deployment.headers, timeout=IN_TIME_S, verify=TLS) as client:
        assert_problem(let_in(lambda: client.post("/v1/tasks", content=bytes(4 * MIB))), 413, "too_large")
        assert_problem(let_in(lambda: client.post("/v1/tasks", content=iter([bytes(MIB)] * 4))), 413, "too_large")


def test_a_head_that_is_too_large_is_refused(proxy: Proxy) -> None:
    with httpx2.Client(base_url=proxy.url, timeout=IN_TIME_S, verify=TLS) as client:
        assert_problem(let_in(lambda: client.get("/healthz", headers={"X-Long": "x" * 40_000})), 431, "head_too_large")


def test_too_many_requests_from_one_address(proxy: Proxy) -> None:
    with httpx2.Client(base_url=proxy.url, timeout=IN_TIME_S, verify=TLS) as client:
        answers = [client.get("/healthz") for _ in range(60)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert_problem(refused[0], 429, "too_many")
    assert refused[0].headers["Retry-After"] == "5"


def test_too_many_connections_from_one_address(proxy: Proxy, deployment: Deployment) -> None:
    key = f"Authorization: Bearer {deployment.key}"
    head = f"POST /v1/tasks HTTP/1.1\r\nHost: files.example\r\n{key}\r\nContent-Length: 9\r\n\r\nx"
    with ExitStack() as stack, httpx2.Client(base_url=proxy.url, timeout=IN_TIME_S, verify=TLS) as client:
        let_in(lambda: client.get("/healthz"))
        time.sleep(2)  # for the rate
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection((proxy.address, 9000))).sendall(head.encode())
        time.sleep(1)
        assert_problem(client.get("/healthz"), 429, "too_many")


def test_who_sends_no_head_gets_no_more_than_its_share_and_others_are_served(
    podman: Podman, proxy: Proxy, deployment: Deployment
) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a.b\r\n"  # half of one
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection((proxy.address, 9000))) for _ in range(40)]
        for connection in held:
            with suppress(OSError):  # it may be closed already
                connection.sendall(head)
        ask = f"import urllib.request; print(urllib.request.urlopen('http://{proxy.address}:9000/healthz').status)"
        assert deployment.execute("api_1", "python3", "-c", ask) == "200"
        wait_for(lambda: all(has_ended(connection) for connection in held), "all of them to be let go")
    logs = podman("logs", deployment.name("strict"))
    assert 0 < logs.count(f'"received":"{len(head)}"') <= 2 * CONNECTIONS  # the others were not read
    assert any(f'"client":"{own}","status":"200"' in logs for own in deployment.addresses("api_1"))


def has_ended(connection: socket.socket) -> bool:
    """Whether the connection has ended."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def said(deployment: Deployment, begun: str) -> tuple[bytes, float]:
    """The whole response to a request that never ends, and the seconds until the connection is closed."""
    with socket.create_connection(("127.0.0.1", deployment.port), timeout=IN_TIME_S) as slow:
        slow.sendall(begun.encode())
        began, answer = time.monotonic(), b""
        with suppress(ConnectionResetError):
            while piece := slow.recv(4096):
                answer += piece
        return answer, time.monotonic() - began


def test_what_does_not_go_on_is_let_go_and_a_body_is_told_so(deployment: Deployment) -> None:
    head = "GET /healthz HTTP/1.1\r\nHost: files.example\r\n"
    upload = f"POST /v1/tasks HTTP/1.1\r\nHost: files.example\r\nAuthorization: Bearer {deployment.key}\r\n"
    bodies = [f"{upload}Content-Length: 1000\r\n\r\nx", f"{upload}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"]
    with ThreadPoolExecutor(3) as all_at_once:
        (_, seconds), *of_bodies = all_at_once.map(partial(said, deployment), [head, *bodies])
    assert HEADER_S - 2 < seconds < HEADER_S + 8
    for answer, seconds in of_bodies:
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"upload_stalled"' in answer
        assert BODY_S - 2 < seconds < BODY_S + 10


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ("GET /%00 HTTP/1.1", 400, "malformed"),
        ("GET /v1/tasks/% HTTP/1.1", 400, "malformed"),
        ("GET /v1/../../etc/passwd HTTP/1.1", 400, "malformed"),
        ("nonsense", 400, "malformed"),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "malformed"),
        ("GET / HTTP/9.9", 400, "malformed"),
        (f"GET /v1/tasks?filename={'a' * 40_000} HTTP/1.1", 431, "head_too_large"),
        (f"GET /{'a' * 40_000} HTTP/1.1", 431, "head_too_large"),
        ("TRACE / HTTP/1.1", 405, "method_not_allowed"),
        ("CONNECT files.example:443 HTTP/1.1", 400, "malformed"),
        ("POST /v1/tasks HTTP/1.1\r\nTransfer-Encoding: gzip", 400, "malformed"),
    ],
)
def test_whatever_it_refuses_by_itself_is_a_problem(
    deployment: Deployment, request_: str, status: int, code: str
) -> None:
    answer, _ = said(deployment, f"{request_}\r\nHost: files.example\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\nContent-Type: application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code)


def test_many_slow_ones_keep_nobody_else_out(deployment: Deployment) -> None:
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", deployment.port))).sendall(
                b"GET / HTTP/1.1\r\nHost: a"
            )
        began = time.monotonic()
        assert deployment.ended(deployment.hand_over(b"abc"))["status"] == "done"
        assert time.monotonic() - began < 10


def test_without_any_api_it_says_so(podman: Podman, deployment: Deployment) -> None:
    name = deployment.name("alone")
    podman("run", "-d", "--name", name, "--network", "podman", "--tmpfs", "/tmp", "md5-service-nginx")
    try:
        address = podman.inspect(name, ".NetworkSettings.IPAddress")
        wait_for(lambda: is_open(address, 9000), "the proxy to listen")
        answer = httpx2.get(f"http://{address}:9000/v1/tasks", timeout=IN_TIME_S, verify=TLS)
        assert_problem(answer, 503, "unavailable")
        assert answer.headers["Retry-After"] == "2"
    finally:
        podman("rm", "-f", "-t", "0", name)


def test_with_a_certificate_it_serves_https_and_the_cookie_is_for_that_alone(
    proxy: Proxy, deployment: Deployment
) -> None:
    trusted = ssl.create_default_context(cafile=str(proxy.certificate))
    cookies = {}
    for scheme, port in (("https", 9443), ("http", 9000)):
        raw = socket.create_connection((proxy.address, port), timeout=IN_TIME_S)
        connection = http.client.HTTPConnection("files.example")
        connection.sock = trusted.wrap_socket(raw, server_hostname="files.example") if scheme == "https" else raw
        headers = {"Content-Type": "application/json", "Origin": f"{scheme}://files.example"}
        time.sleep(1)  # for the rate
        connection.request("POST", "/v1/session", json.dumps({"key": deployment.key}), headers)
        answer = connection.getresponse()
        assert answer.status < 300, (scheme, answer.status, answer.read())
        cookies[scheme] = answer.getheader("Set-Cookie") or ""
        connection.close()
    assert "Secure" in cookies["https"]
    assert cookies["http"]
    assert "Secure" not in cookies["http"]


def test_https_alone_tells_browsers_to_keep_to_it(proxy: Proxy) -> None:
    trusted = ssl.create_default_context(cafile=str(proxy.certificate))
    told = {}
    with httpx2.Client(verify=trusted, timeout=IN_TIME_S) as client:
        for url in (f"http://{proxy.address}:9000", f"https://{proxy.address}:9443"):
            for path, status in (("/healthz", 200), ("/%00", 400)):
                ask = partial(client.get, url + path, extensions={"sni_hostname": "files.example"})
                answer = let_in(ask)
                assert answer.status_code == status
                told[url[:5], status] = answer.headers.get("Strict-Transport-Security")
    assert told == {
        (s, n): "max-age=31536000" if s == "https" else None for s in ("http:", "https") for n in (200, 400)
    }


def test_a_client_that_has_said_all_is_still_answered(deployment: Deployment) -> None:
    address = deployment.address("nginx_1")
    for _ in range(20):  # a single one could succeed by chance
        with socket.create_connection((address, 9000), timeout=IN_TIME_S) as client:
            client.sendall(b"GET /%00 HTTP/1.1\r\nHost: files.example\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            assert client.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_an_api_that_dies_is_passed_over(deployment: Deployment) -> None:
    """Meanwhile another container answers, except for a moment in which the name may not resolve."""
    answers: list[tuple[float, int]] = []
    done = threading.Event()

    def ask() -> None:
        with deployment.client() as client:
            while not done.is_set():
                answers.append((time.monotonic(), client.get("/healthz").status_code))
                time.sleep(0.01)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(1)
    deployment.kill("api_2")
    time.sleep(8)
    done.set()
    asking.join()
    refused = [at for at, status in answers if status != 200]
    assert {status for _, status in answers} <= {200, 503}
    assert not refused or refused[-1] - refused[0] < 4
    assert [status for _, status in answers[-20:]] == [200] * 20
