"""Another site's page, in the browser of an authorized user, can neither change nor read anything."""

import itertools
from collections.abc import Callable
from contextlib import closing

import pytest

from md5_task_data.database.engine import Database
from md5_task_data.queue import leases
from tests.api.conftest import Api
from tests.api.tricks import sites
from tests.api.tricks.line import Answer, Line, replaced
from tests.api.tricks.sites import DEEDS, Deed


@pytest.mark.parametrize("auth", [None, "keys"])
def test_another_site_changes_and_reads_nothing(
    start_api: Callable[..., Api], auth: str | None, figure: Callable[[str], None]
) -> None:
    api = start_api(auth=auth)
    key = api.new_key("local")[1]["Authorization"].removeprefix("Bearer ")
    who = {"Cookie": f"md5_key={key}"} if auth else {}
    queued, cancelled, done = (api.client.post("/v1/tasks", content=b"abc", headers=who).json()["id"] for _ in range(3))
    api.client.delete(f"/v1/tasks/{cancelled}", headers=who)
    with closing(Database(api.settings.database_url)) as database, database.transaction() as db:
        leases.finish(db, leases.claim(db, [done], 30)[0], {"md5": "0" * 32})
    here = {"HERE": f"127.0.0.1:{api.port}", "PORT": str(api.port)}
    here |= {"QUEUED": queued, "CANCELLED": cancelled, "DONE": done, "KEY": key}
    before, tried = api.rows(), 0
    from_elsewhere = [*sites.FROM_ELSEWHERE, *(() if auth else sites.REBOUND)]  # a cookie belongs to one name
    with closing(Line(api.port)) as line:

        def ask(deed: Deed, *headers: str) -> Answer:
            lines = [*headers, *(f"{name}: {value}" for name, value in who.items())]
            sent = [replaced(each, here).encode() for each in (deed.target, deed.body, *lines)]
            answer = line.ask(deed.method, sent[0], *sent[2:], body=sent[1])
            assert not [name for name, _ in answer.headers if name.startswith("access-control-")], (deed, headers)
            return answer

        for headers, (deed, kind) in itertools.product(from_elsewhere, DEEDS):
            answer = ask(deed, *headers, *([f"Content-Type: {kind}"] if kind else []))
            assert answer.status in (400, 403), (deed, headers, answer)
            assert not answer.header("set-cookie")
            tried += 1
        for headers, target, method in itertools.product(sites.READERS, sites.READ, ("GET", "HEAD", "OPTIONS")):
            if not (method == "GET" and target.endswith("/events")):
                ask(Deed(method, target), *headers)
                tried += 1
        for headers, target in itertools.product(() if auth else sites.REBOUND, sites.READ):
            assert ask(Deed("GET", target), *headers).status in (400, 403)
            tried += 1
        assert api.rows() == before
        assert ask(DEEDS[0][0], "Origin: http://HERE").status == 202  # the page itself may
    assert tried == (636 if auth else 774)
    figure(
        f"{tried} requests of other sites, {'with a cookie' if auth else 'without keys'}: 0 rows changed, 0 readable"
    )
