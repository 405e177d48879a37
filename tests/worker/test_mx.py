"""Whether domains accept mail, according to a real DNS server on the loopback interface."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from md5_service.worker.kinds.contacts import mx
from md5_service.worker.kinds.contacts.mx import SILENT, ask
from md5_task_data import schema
from md5_task_data.errors import LeaseLost
from md5_task_data.kinds import domains
from tests.client import BUSY_S
from tests.servers.dns import Dns
from tests.worker.conftest import Loading, sqlite

RECORDS = [
    "--mx-host=with-mx.org,mail.with-mx.org,10",
    "--mx-host=xn--mller-kva.org,mail.with-mx.org,10",
    "--host-record=only-a.org,9.9.9.9",
    "--host-record=only-aaaa.org,2620:fe::fe",
    "--host-record=private.org,192.168.1.1",
    "--dns-rr=null-mx.org,15,000000",  # preference 0, and the root for a name (RFC 7505)
    "--txt-record=only-words.org,hello",
    "--host-record=sends-none.org,9.9.9.9",
    "--txt-record=sends-none.org,v=spf1 -all",
]
TAKING = ["with-mx.org", "only-a.org", "only-aaaa.org", "xn--mller-kva.org"]
REFUSING = {
    "private.org": "The domain name private.org does not accept email.",
    "null-mx.org": "The domain name null-mx.org does not accept email.",
    "only-words.org": "The domain name only-words.org does not accept email.",
    "sends-none.org": "The domain name sends-none.org does not send email.",
    "nowhere.org": "The domain name nowhere.org does not exist.",
}

ENOUGH_S = 60


def undeliverable(names: Iterable[str], server: str, time_s: float = ENOUGH_S) -> dict[str, str]:
    """The domains that accept no mail, and why."""
    told = ask(names, server, time_s).items()
    return {name: answer.refusal for name, answer in told if answer.refusal is not None}


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dns]:
    with Dns(tmp_path_factory.mktemp("dns"), RECORDS) as server:
        yield server


@pytest.fixture
def server(shared_server: Dns) -> Iterator[Dns]:
    """Queried by a process that has no cached answers."""
    mx._resolver.cache_clear()
    yield shared_server
    shared_server.resume()


def test_a_domain_takes_mail_or_it_is_said_why_not(server: Dns) -> None:
    assert undeliverable([*TAKING, *REFUSING], server.address) == REFUSING


def test_what_was_answered_is_not_asked_again(server: Dns) -> None:
    before = len(server.questions())
    for _ in range(3):
        assert undeliverable([*TAKING, *REFUSING], server.address) == REFUSING
        asked = server.questions()[before:]
        assert len(asked) == len(set(asked)) > len(TAKING + list(REFUSING))


def test_of_a_server_that_does_not_answer_nothing_is_concluded(server: Dns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mx, "QUESTION_S", 0.3)
    server.suspend()
    started = time.monotonic()
    assert ask(["nowhere.org"], server.address, ENOUGH_S) == {"nowhere.org": SILENT}
    assert 0.3 <= time.monotonic() - started < 0.3 + BUSY_S
    server.resume()
    assert undeliverable(["nowhere.org"], server.address).keys() == {"nowhere.org"}


def test_all_domains_together_have_a_time_limit(server: Dns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mx, "QUESTION_S", 2 * BUSY_S)
    assert undeliverable(["with-mx.org", "nowhere.org"], server.address).keys() == {"nowhere.org"}
    server.suspend()
    started = time.monotonic()
    slow = [f"domain-{number}.org" for number in range(200)]
    assert undeliverable(["nowhere.org", *slow], server.address, 0.5).keys() <= {"nowhere.org"}
    assert time.monotonic() - started < 0.5 + BUSY_S


def test_of_a_server_that_fails_nothing_is_concluded(server: Dns) -> None:
    before = len(server.questions())
    assert undeliverable(["x.refused", "y.refused"], server.address) == {}  # it answers REFUSED for all but .org
    assert len(server.questions()) > before


def test_where_no_server_is_nothing_is_concluded(server: Dns, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mx, "QUESTION_S", 0.3)
    nobody = Dns(tmp_path / "nobody", []).address
    assert undeliverable(["with-mx.org", "nowhere.org"], nobody) == {}
    assert undeliverable(["with-mx.org", "nowhere.org"], "127.0.0.255:9") == {}


def test_what_is_no_name_to_the_dns_is_not_refused(server: Dns) -> None:
    assert undeliverable(["a" * 64 + ".org"], server.address) == {}


@pytest.fixture
def asking(load: Loading, server: Dns) -> Loading:
    """A worker that queries this server."""
    return load.so_set(dns_server=server.address)


FILE = "name,email\nA,a@with-mx.org\nB,b@NOWHERE.org\nZ,z@müller.org\nC,c@null-mx.org\nA,A@with-mx.org\n"


@sqlite
def test_rows_whose_domain_takes_no_mail_are_invalid_where_that_is_asked(asking: Loading, server: Dns) -> None:
    found = asking(FILE, check_mx=True)
    assert found.counts == (5, 2, 1, 2)
    assert set(found.records) == {"a@with-mx.org", "z@xn--mller-kva.org"}
    assert found.rejects.splitlines()[1:] == [
        "3,domain_takes_no_mail,The domain name nowhere.org does not exist.,B,b@NOWHERE.org",
        "5,domain_takes_no_mail,The domain name null-mx.org does not accept email.,C,c@null-mx.org",
    ]


@sqlite
def test_nobody_is_asked_by_default(asking: Loading, server: Dns) -> None:
    before = server.questions()
    assert asking(FILE).counts == asking(FILE.replace("@", "+2@"), check_mx=False).counts == (5, 4, 1, 0)
    assert server.questions() == before


@sqlite
def test_rows_are_taken_where_nobody_answers(asking: Loading, server: Dns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mx, "QUESTION_S", 0.3)
    server.suspend()
    assert asking(FILE, check_mx=True).counts == (5, 4, 1, 0)


def nobody_answers(server: Dns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mx, "QUESTION_S", 0.2)
    server.suspend()


@sqlite
def test_what_nobody_could_tell_is_counted(asking: Loading, server: Dns, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "unchecked" not in asking(FILE).task["result"]
    assert asking(FILE.replace("@", "+1@"), check_mx=True).task["result"]["unchecked"] == 0
    mx._resolver.cache_clear()
    nobody_answers(server, monkeypatch)
    rows = "".join(f"x{number}@silent-{number % 2}.org\n" for number in range(300))
    cut = asking.so_set(part_bytes=1024)("email\n" + rows + "known@with-mx.org\n", check_mx=True)
    assert cut.counts == (301, 301, 0, 0)
    assert cut.task["result"]["unchecked"] == 300  # but not what had been answered before


@sqlite
def test_workers_share_what_was_answered(asking: Loading, server: Dns) -> None:
    assert asking(FILE, check_mx=True).counts == (5, 2, 1, 2)
    mx._resolver.cache_clear()  # another worker
    before = len(server.questions())
    assert asking(FILE, owner="bob", check_mx=True).counts == (5, 2, 1, 2)
    assert len(server.questions()) == before


@sqlite
def test_workers_share_that_nobody_answered(asking: Loading, server: Dns, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody_answers(server, monkeypatch)
    asking(FILE, check_mx=True)
    server.resume()  # a query would now get an answer
    assert asking(FILE, owner="bob", check_mx=True).task["result"]["unchecked"] == 5


@sqlite
def test_a_file_waits_no_longer_than_its_time_however_many_parts_it_has(
    asking: Loading, server: Dns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domains, "FILE_S", 0.5)
    nobody_answers(server, monkeypatch)
    rows = "".join(f"x@silent-{number}.org\n" for number in range(1000))
    cut = asking.so_set(part_bytes=1024)("email\n" + rows, check_mx=True)
    assert cut.task["result"]["unchecked"] == 1000
    with asking.database.reading() as db:
        parts, spent = db.execute(select(func.count(), func.sum(schema.asking.c.spent))).one()
    assert 1 <= parts <= 4  # of some twenty
    assert spent >= 0.5 * schema.SECOND


@sqlite
def test_an_owner_whose_time_is_up_asks_no_more_and_others_do(asking: Loading, server: Dns) -> None:
    with asking.database.transaction() as db:
        domains.spend(db, "local", "00000000-0000-7000-8000-000000000000", 1, domains.OWNER_S)
    assert asking("email\na@with-mx.org\n", check_mx=True).task["result"]["unchecked"] == 1
    assert asking("email\na@with-mx.org\n", owner="bob", check_mx=True).task["result"]["unchecked"] == 0


def test_a_cancel_ends_the_asking(server: Dns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mx, "LOOK_S", 0.01)
    server.suspend()

    def look() -> None:
        raise LeaseLost("it was cancelled")

    with pytest.raises(LeaseLost):
        ask([f"silent-{number}.org" for number in range(100)], server.address, ENOUGH_S, look)


@sqlite
def test_what_a_cancelled_file_asked_counts_and_so_does_a_rest_too_short_for_an_answer(
    asking: Loading, server: Dns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domains, "FILE_S", 0.2)  # less than a query takes
    server.suspend()
    assert asking("email\na@silent.org\n", check_mx=True).task["result"]["unchecked"] == 1

    def cancelled(*_: object) -> None:
        raise LeaseLost("it was cancelled")

    monkeypatch.setattr(mx, "ask", cancelled)
    asking.work(asking.hand_over(b"email\na@other.org\n", check_mx=True))
    with asking.database.reading() as db:
        spent = db.scalars(select(schema.asking.c.spent).order_by(schema.asking.c.at)).all()
    assert len(spent) == 2
    assert spent[0] >= 0.2 * schema.SECOND
