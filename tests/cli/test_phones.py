"""The phone numbers of a text: `put --kind phones`, `get`, and `client.phones`."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from md5_service import client
from md5_service.client import AsyncClient, Client, Phone
from tests import forked
from tests.cli.terminal import on_a_terminal
from tests.client import IN_TIME_S, NOBODY, in_a_thread
from tests.service import COMMAND, Service

TEXT = "\ufeffcall (202) 456-1111\n+44 20 7946 0018 ext. 12, or\n202-456-1111; +80012345678\n".encode()
LINES = [
    "+12024561111\t1\t(202) 456-1111",
    "+442079460018;ext=12\t2\t+44 20 7946 0018 ext. 12",
    "+12024561111\t3\t202-456-1111",
    "+80012345678\t3\t+80012345678",
]


def run(
    *arguments: str, url: str, folder: Path | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return forked.run([COMMAND, *arguments], os.environ | {"MD5_URL": url}, folder or Path.cwd(), stdin)


def put(*arguments: str, service: Service, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return run("put", "--kind", "phones", *arguments, url=service.url, folder=folder)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "calls.log").write_bytes(TEXT)
    return tmp_path / "calls.log"


def test_a_line_for_each_number_and_again_by_its_id(service: Service, text: Path) -> None:
    printed = put(text.name, service=service, folder=text.parent)
    assert (printed.returncode, printed.stdout.decode().splitlines()) == (0, LINES)
    task_id = printed.stderr.decode().split()[0]
    assert run("get", task_id, url=service.url).stdout == printed.stdout


def test_the_lines_of_several_files_end_with_the_name_in_the_order_of_the_arguments(
    service: Service, text: Path
) -> None:
    (text.parent / "b\x1b\t.txt").write_text("+12024561111")
    (text.parent / "empty").touch()
    printed = put("b\x1b\t.txt", "empty", text.name, service=service, folder=text.parent)
    assert printed.returncode == 0
    expected = ["+12024561111\t1\t+12024561111\tb\\x1b\\t.txt", *(f"{line}\tcalls.log" for line in LINES)]
    assert printed.stdout.decode().splitlines() == expected


def test_json_has_each_number_as_the_service_sends_it(service: Service, text: Path) -> None:
    printed = put("--json", text.name, service=service, folder=text.parent)
    task_id = printed.stderr.decode().split()[0]
    _, second, *_ = found = [json.loads(line) for line in printed.stdout.splitlines()]
    assert second == {
        "task": task_id,
        "filename": "calls.log",
        "number": "+442079460018",
        "extension": "12",
        "region": "GB",
        "raw": "+44 20 7946 0018 ext. 12",
        "line": 2,
        "offset": TEXT.index(b"+44"),
    }
    assert len(found) == len(LINES)
    assert run("get", task_id, "--json", url=service.url).stdout == printed.stdout


def test_what_is_written_in_the_file_breaks_no_line(service: Service, tmp_path: Path) -> None:
    (tmp_path / "odd").write_text("+44 20\xa07946\u200b0018\text. 12")
    (line,) = put("odd", service=service, folder=tmp_path).stdout.decode().splitlines()
    assert line == "+442079460018;ext=12\t1\t+44 20\\xa07946\\u200b0018\\text. 12"
    (raw,) = put("odd", "--json", service=service, folder=tmp_path).stdout.decode().splitlines()
    assert json.loads(raw)["raw"] == "+44 20\xa07946\u200b0018\text. 12"


def test_on_a_terminal_the_columns_are_aligned(service: Service, text: Path) -> None:
    shown = on_a_terminal("put", "--kind", "phones", text.name, "--url", service.url, folder=text.parent).splitlines()
    assert [line.split(maxsplit=2) for line in shown] == [line.split("\t") for line in LINES]
    assert shown[0].index("(202)") == shown[2].index("202-")


def test_a_file_that_is_not_text_is_1_and_says_why(service: Service, text: Path) -> None:
    (text.parent / "calls.zip").write_bytes(b"PK\x03\x04" + bytes(range(256)))
    printed = put("calls.zip", text.name, service=service, folder=text.parent)
    assert printed.returncode == 1
    assert len(printed.stdout.splitlines()) == len(LINES)
    assert b"calls.zip: FAILED This file is not text but a ZIP file" in printed.stderr


def test_ids_alone_without_waiting_and_124_as_long_as_there_is_no_outcome(service: Service, text: Path) -> None:
    with service.without_workers():
        task_id = put("--no-wait", text.name, service=service, folder=text.parent).stdout.decode().strip()
        unfinished = run("get", task_id, url=service.url)
        assert (unfinished.returncode, unfinished.stdout) == (124, b"")
        assert b"calls.log: queued" in unfinished.stderr
        with Client(service.url) as sync, pytest.raises(client.TimedOut):
            next(sync.phones(task_id, context=5, timeout_s=0))
        run("cancel", task_id, url=service.url)
        cancelled = run("get", task_id, url=service.url)
        assert (cancelled.returncode, cancelled.stdout, b"CANCELLED" in cancelled.stderr) == (1, b"", True)


def test_a_reader_that_has_enough_ends_it_quietly(service: Service, tmp_path: Path) -> None:
    (tmp_path / "many").write_text("+12024561111\n" * 3000)
    shell = f"exec {COMMAND} put --kind phones {tmp_path}/many --url {service.url} | head -n 1"
    piped = subprocess.run(["sh", "-c", shell], capture_output=True, timeout=IN_TIME_S)
    assert piped.stdout == b"+12024561111\t1\t+12024561111\n"
    assert len(piped.stderr.splitlines()) == 1  # the id
    whole = put(f"{tmp_path}/many", service=service, folder=tmp_path).stdout.splitlines()
    assert [line.split(b"\t")[1] for line in whole] == [str(number).encode() for number in range(1, 3001)]


def test_the_calls_of_both_clients(service: Service, text: Path) -> None:
    async def awaited(task_id: str) -> list[Phone]:
        async with AsyncClient(service.url) as asynchronous:
            return [phone async for phone in asynchronous.phones(task_id)]

    with Client(service.url) as sync:
        task_id = sync.put(text, kind="phones", params={"region": "US"})["id"]
        found = list(sync.phones(task_id))
        assert [phone["number"] for phone in found] == [line.split("\t")[0].split(";")[0] for line in LINES]
        places = [TEXT[phone["offset"] :].decode() for phone in found]
        assert all(place.startswith(phone["raw"]) for place, phone in zip(places, found, strict=True))
        assert in_a_thread(lambda: asyncio.run(awaited(task_id))) == found
        assert [phone["line"] for phone in sync.phones(task_id, number="(202) 456 1111")] == [1, 3]
        assert [phone["number"] for phone in sync.phones(task_id, region="none")] == ["+80012345678"]
        first = next(sync.phones(task_id, context=3))
        assert (first["before"], first["after"]) == ("ll ", "")
        assert set(Phone.__annotations__) == set(first)


def test_what_a_client_refuses(service: Service, text: Path) -> None:
    with Client(service.url) as sync:
        with pytest.raises(client.NotFound):
            next(sync.phones(NOBODY))
        with pytest.raises(client.Conflict):
            next(sync.phones(service.hand_over(b"abc")))
        task_id = sync.put(text, kind="phones")["id"]
        with pytest.raises(client.InvalidInput):
            next(sync.phones(task_id, region="XX"))
        service.ended(task_id)
        sync.delete_results(task_id)
        with pytest.raises(client.Gone):
            next(sync.phones(task_id))
        gone = run("get", task_id, url=service.url)
        assert (gone.returncode, gone.stdout, b"were deleted" in gone.stderr) == (1, b"", True)
