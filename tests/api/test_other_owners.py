"""Requests for another owner's objects get the same answers as requests for objects that do not exist."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from sqlalchemy import insert

from md5_task_data import schema
from md5_task_data.database.engine import Database
from md5_task_data.kinds import contacts, phones
from md5_task_data.kinds.phones import Phone
from md5_task_data.paging import write_cursor, write_text_cursor
from md5_task_data.queue import leases
from tests.api.conftest import Api
from tests.api.tricks.line import Answer, Line, replaced
from tests.api.tricks.owners import OF_A_LIST, OF_A_TASK, OF_ALL, Try
from tests.client import NOBODY

ANNS_MD5 = hashlib.md5(b"what ann has").hexdigest()


def test_what_another_owner_has_is_as_what_never_was(
    start_api: Callable[..., Api], figure: Callable[[str], None]
) -> None:
    api = start_api(auth="keys")
    ann, bob, eve = (api.new_key(owner)[1]["Authorization"].removeprefix("Bearer ") for owner in ("ann", "bob", "eve"))
    theirs = what_ann_has(api, ann)
    before, tried = api.rows(), 0
    names = {"NAME": "anns-reads", "DIGEST": ANNS_MD5, "BATCH": "anns-batch", "ADDRESS": "kathy@x.org"}
    nobodys = {"NAME": "no-reads!!", "DIGEST": "0" * 32, "BATCH": "none-batch", "ADDRESS": "nobod@y.org"}
    with closing(Line(api.port)) as line:

        def ask(what: Try, who: Sequence[bytes], given: Mapping[str, str]) -> Answer:
            target, header = replaced(what.target, given).encode(), replaced(what.header, given).encode()
            return line.ask(what.method, target, header, *who)

        for who in ([bearer(bob)], [cookie(bob)], [bearer(bob), cookie(ann)]):
            for what in OF_A_TASK:
                never = seen(ask(what, who, about(NOBODY)), about(NOBODY))
                for task_id in reversed(theirs) if who == [bearer(bob)] else theirs[-1:]:
                    assert seen(ask(what, who, about(task_id)), about(task_id)) == never, (what, who)
                    tried += 1
            for what in OF_A_LIST:
                place = {"PLACE": write_text_cursor("kathy@x.org")}, {"PLACE": write_text_cursor("nobod@y.org")}
                answers = [ask(what, who, names | place[0]), ask(what, who, nobodys | place[1])]
                assert seen(answers[0], {}) == seen(answers[1], {}), (what, who)
                tried += 1
            for what in OF_ALL:
                assert seen(ask(what, who, {}), {}) == seen(ask(what, [bearer(eve)], {}), {}), (what, who)
                tried += 1
            assert json.loads(ask(Try("GET", "/v1/stats"), who, {}).body)["counts"] == []
            assert b'"owner":"bob"' in ask(Try("GET", "/v1/session"), who, {}).body
            tried += 2
        for unclear in (
            [cookie(ann), cookie(bob)],
            [bearer(""), cookie(ann)],
            [b"Authorization: Basic x", cookie(ann)],
        ):
            for what in OF_A_TASK[:-1]:  # the page needs no key
                assert ask(what, unclear, about(theirs[0])).status == 401, (what, unclear)
                tried += 1
        assert api.rows() == before
        for what in (
            Try("GET", "/v1/tasks/ID/file"),
            Try("GET", "/v1/tasks/ID/rejects.csv"),
            Try("GET", "/v1/contacts/ID-2"),
            Try("GET", "/v1/tasks/ID/phones"),
            Try("GET", "/v1/tasks/ID/phones/regions"),
            Try("GET", "/v1/tasks/ID/phones.csv"),
        ):
            assert 200 in {
                ask(what, [bearer(ann)], about(each)).status for each in theirs
            }  # so that there is something to find
        new = line.ask("POST", b"/v1/tasks?filename=anns-reads", bearer(bob), b"Idempotency-Key: anns", body=b"abc")
        assert (new.status, new.header("idempotent-replayed")) == (202, "")
        assert json.loads(new.body)["id"] not in theirs
    assert tried == 425
    figure(f"{tried} tries of another owner's, each answered as what never was, 0 rows changed")


def what_ann_has(api: Api, key: str) -> list[str]:
    """The ids of Ann's tasks: queued, cancelled, failed, done; the last two have contacts and rejects, and phone numbers."""
    query = {"filename": "anns-reads", "batch": "anns-batch"}
    headers = {"Authorization": f"Bearer {key}"}
    ids = [
        api.client.post(
            "/v1/tasks",
            params=query | ({"kind": kind} if kind else {}),
            content=b"abc",
            headers=headers | ({"Idempotency-Key": "anns"} if number == 0 else {}),
        ).json()["id"]
        for number, kind in enumerate(("", "", "", "", "contacts", "phones"))
    ]
    api.client.delete(f"/v1/tasks/{ids[1]}", headers=headers)
    with closing(Database(api.settings.database_url)) as database, database.transaction() as db:
        failed, done, loaded, searched = leases.claim(db, ids[2:], 30)
        leases.fail(db, failed, {"code": "x", "detail": "x"})
        leases.finish(db, done, {"md5": ANNS_MD5})
        contacts.load(db, owner="ann", task_id=loaded.id, rows=[("kathy@x.org", "kathy@x.org", "Kathy", "{}", 2)])
        db.execute(insert(schema.rejects).values(task_id=loaded.id, line=3, piece=0, csv=b"nobody"))
        leases.finish(db, loaded, {"rows": 2, "inserted": 1, "duplicate": 0, "invalid": 1})
        phones.store(db, searched.id, [Phone(0, 1, "+14155552671", None, "US", "abc")], most=1)
        found = {"numbers": 1, "distinct": 1, "region": "US", "encoding": "utf-8", "engine": "exact"}
        leases.finish(db, searched, found)
    api.flush_log()  # from now on they are finished, so a stream of their events would end
    return ids


def about(task_id: str) -> dict[str, str]:
    return {"ID": task_id, "CURSOR": write_cursor(task_id.lower())}


def seen(answer: Answer, asked: Mapping[str, str]) -> object:
    """Everything that the answer reveals, apart from the id requested."""
    headers = {name: value for name, value in answer.headers if name not in ("x-request-id", "date")}
    body = answer.body.decode()
    for name, value in asked.items():
        body = body.replace(value, name)
    return answer.status, headers, body


def bearer(key: str) -> bytes:
    return f"Authorization: Bearer {key}".encode()


def cookie(key: str) -> bytes:
    return f"Cookie: md5_key={key}".encode()
