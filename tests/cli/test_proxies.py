"""Which proxy the client uses, and its message if the proxy does not work."""

import socket
import threading
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from md5_service.cli.main import app
from md5_service.client import AsyncClient, Client, Unreachable
from md5_service.client.proxies import proxy_for
from tests.client import IN_TIME_S, NOBODY
from tests.service import Service

PROXY = "http://proxy.example:3128"
NAMES = tuple(f"{scheme}_proxy" for scheme in ("http", "https", "all", "no"))
NOWHERE = "http://nobody:secret@127.0.0.1:9"


@pytest.fixture(autouse=True)
def _no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


HERE = [
    *("http://127.0.0.1:9000", "http://127.8.9.10", "http://127.1:80", "http://localhost", "http://LOCALHOST.:9000"),
    *("http://md5.localhost", "http://[::1]:9000", "http://[::ffff:127.0.0.1]", "http://0.0.0.0:9000", "https://[::]"),
]


@pytest.mark.parametrize("url", HERE)
def test_this_machine_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in NAMES[:3]:
        monkeypatch.setenv(name.upper(), PROXY)
    assert proxy_for(url) is None


EXCEPTED = {
    "example.org": ["http://example.org", "http://lab.example.org:9000", "http://EXAMPLE.org."],
    ".example.org": ["http://example.org", "http://lab.example.org"],
    "*.example.org": ["http://lab.example.org"],
    "example.org:9000": ["http://example.org:9000"],
    "example.org:80, example.org:443": ["http://example.org", "https://example.org"],
    "a.invalid example.org": ["http://example.org"],
    "10.0.0.0/8,192.168.1.7": ["http://10.20.30.40:9000", "http://192.168.1.7"],
    "fd00::/8,[2001:db8::1]": ["http://[fd12::1]:9000", "http://[2001:db8::1]"],
    "*": ["http://example.org", "https://10.1.1.1", "http://[fd12::1]"],
}
NOT_EXCEPTED = {
    "": ["http://example.org"],
    "ample.org": ["http://example.org"],
    "lab.example.org": ["http://example.org"],
    "example.org:9000": ["http://example.org", "http://example.org:9001"],
    "10.0.0.0/8,1": ["http://11.0.0.1", "http://example.org", "http://9.9.9.1"],
}


@pytest.mark.parametrize("no_proxy", EXCEPTED)
def test_what_no_proxy_names_is_asked_directly(monkeypatch: pytest.MonkeyPatch, no_proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert [proxy_for(url) for url in EXCEPTED[no_proxy]] == [None] * len(EXCEPTED[no_proxy])


@pytest.mark.parametrize("no_proxy", NOT_EXCEPTED)
def test_what_it_does_not_name_is_not(monkeypatch: pytest.MonkeyPatch, no_proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert [proxy_for(url) for url in NOT_EXCEPTED[no_proxy]] == [PROXY] * len(NOT_EXCEPTED[no_proxy])


def test_each_scheme_has_its_proxy_which_may_have_none_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "proxy.example:3128")
    assert (proxy_for("http://example.org"), proxy_for("https://example.org")) == (PROXY, None)


def get(url: str) -> Result:
    return CliRunner().invoke(app, ["get", NOBODY, "--url", url])


def test_a_service_here_is_found_whatever_the_proxy(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES[:3]:
        monkeypatch.setenv(name, NOWHERE)
    with Client(service.url) as client:
        task = client.put(__file__, wait_s=20)
        assert client.get(task["id"])["filename"] == "test_proxies.py"


@pytest.mark.parametrize(
    "proxy", ["socks5h://127.0.0.1:9", "socks4a://x", "ftp://x", "http://[::1", "no url at all", "x:99999"]
)
def test_a_proxy_that_cannot_be_used_harms_nothing_where_none_is_asked(
    service: Service, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    for name in NAMES[:3]:
        monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("NO_PROXY", "no.example,, /,:1,[")
    assert CliRunner().invoke(app, ["ls", "--url", service.url]).exit_code == 0
    assert "no answer from http://no.example:" in get("http://no.example").stderr
    monkeypatch.delenv("http_proxy")
    monkeypatch.delenv("all_proxy")  # the proxy for https is not used for http
    assert "no answer from http://127.0.0.2:9:" in get("http://127.0.0.2:9").stderr


def test_an_error_names_the_proxy_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", NOWHERE)
    ended = get("http://example.org")
    assert ended.exit_code == 3
    (line,) = ended.stderr.splitlines()
    assert line.startswith("md5-service: no answer from http://example.org (through the proxy http://127.0.0.1:9): ")


@pytest.fixture
def refusing() -> Iterator[str]:
    """A proxy that requires authentication."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            connection = listening.accept()[0]
            with connection:
                connection.settimeout(IN_TIME_S)
                assert connection.recv(10_000).startswith(b"GET http://example.org/v1/tasks/")
                connection.sendall(b"HTTP/1.1 407 Who asks\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(IN_TIME_S)


def test_what_a_proxy_answers_itself_is_told_as_its_answer(refusing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", refusing)
    ended = get("http://example.org")
    assert ended.exit_code == 3
    assert f"(through the proxy {refusing}) is not this service (HTTP 407)" in ended.stderr


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks5://nobody:secret@127.0.0.1:9", "SOCKS needs the package socksio"),
        ("socks4://nobody:secret@127.0.0.1:9", "must begin with http, https or socks5"),
        ("ftp://nobody:secret@127.0.0.1:9", "must begin with http, https or socks5"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch, proxy: str, words: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    ended = get("http://example.org")
    assert ended.exit_code == 3
    (line,) = ended.stderr.splitlines()
    scheme = proxy.partition(":")[0]
    assert line.startswith(f"md5-service: the proxy {scheme}://127.0.0.1:9 cannot be used: ")
    assert words in line
    assert "NO_PROXY=example.org" in line
    for kind in (Client, AsyncClient):
        with pytest.raises(Unreachable, match="cannot be used"):
            kind("http://example.org")


@pytest.mark.parametrize("around", [" {}", "{}\n", "\t{}/ \r\n"])
def test_blanks_around_an_address_and_a_key_do_not_count(
    service: Service, monkeypatch: pytest.MonkeyPatch, around: str
) -> None:
    monkeypatch.setenv("MD5_URL", around.format(service.url))
    monkeypatch.setenv("MD5_KEY", around.format("k").replace("/", ""))
    assert CliRunner().invoke(app, ["ls"]).exit_code == 0
    with Client(around.format(service.url), around.format("k").replace("/", "")) as client:
        assert client.get(client.put(__file__)["id"])["filename"] == "test_proxies.py"


@pytest.mark.parametrize(
    "url",
    ["http://a\nb", "http://a b", "http://[::1", "http://x:99999", "x:80", "http://", "http://x?a=b", "http://x#a", ""],
)
def test_what_is_no_address_is_refused_before_anything_is_sent(url: str) -> None:
    assert get(url).exit_code == 2
    for kind in (Client, AsyncClient):
        with pytest.raises(ValueError, match="is not the URL of a service"):
            kind(url)
