"""The numbers of a text are those that libphonenumber finds in the whole of it, with their places, however it is cut."""

import random
import tracemalloc
from typing import Any

import pytest

from md5_service.worker.formats import lines
from md5_service.worker.kinds import phones as kind
from md5_service.worker.kinds.phones import matcher
from md5_task_data.kinds.phones import Phone
from tests.worker.conftest import Searching, sqlite
from tests.worker.numbers import log_of, numbers_in

TEXT = "Call (415) 555-2671 or\r\n+1 650-253-0000 ext. 12, été\n\nLondon: +44 20 7946 0018; free +800 1234 5678\n"


def test_every_number_is_told_with_its_place_and_as_it_is_written(search: Searching) -> None:
    found = search(TEXT)
    assert found.phones == [
        Phone(5, 1, "+14155552671", None, "US", "(415) 555-2671"),
        Phone(24, 2, "+16502530000", "12", "US", "+1 650-253-0000 ext. 12"),
        Phone(64, 4, "+442079460018", None, "GB", "+44 20 7946 0018"),
        Phone(87, 4, "+80012345678", None, None, "+800 1234 5678"),
    ]
    assert found.phones == numbers_in(TEXT)
    assert found.task["result"] == {"numbers": 4, "distinct": 4, "region": "US", "encoding": "utf-8", "engine": "exact"}


@sqlite
def test_the_region_decides_how_a_number_without_a_country_code_is_read(search: Searching) -> None:
    text = "030 123456 or 020 7946 0018 or +41 44 668 18 00"
    regions = {
        region: [(each.number, each.region) for each in search(text, region).phones] for region in ("DE", "GB", "ZZ")
    }
    abroad = ("+41446681800", "CH")
    assert regions == {
        "DE": [("+4930123456", "DE"), abroad],
        "GB": [("+442079460018", "GB"), abroad],
        "ZZ": [abroad],
    }


@sqlite
@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"no numbers, 12 of them"])
def test_a_file_without_numbers_is_done_and_has_none(search: Searching, content: bytes) -> None:
    found = search(content)
    assert (found.task["outcome"], found.phones) == ("done", [])
    assert found.task["result"] == {"numbers": 0, "distinct": 0, "region": "US", "encoding": "utf-8", "engine": "exact"}


def test_a_file_in_parts_has_the_same_numbers_in_whatever_order_they_are_searched(search: Searching) -> None:
    text = log_of(900)
    expected = numbers_in(text)
    assert len(expected) > 300  # some addresses of hosts are numbers, too
    search = search.so_set(part_bytes=2048)
    for seed in range(3):
        task_id = search.hand_over(text.encode(), region="US")
        search.lifecycle.run([task_id])
        assert search.task(task_id)["status"] == "waiting"
        assert len(search.hints) > 20
        random.Random(seed).shuffle(search.hints)
        search.work()
        found = search.found(task_id)
        assert found.phones == expected
        task = found.task
        assert task["result"]["numbers"] == len(expected)
        assert task["result"]["distinct"] == len({each.number for each in expected})
        assert (task["progress"], task["total"], task["unit"]) == (len(text.encode()), len(text.encode()), "bytes")


def test_numbers_can_be_read_up_to_the_first_part_that_is_not_done(search: Searching) -> None:
    """Parts that were searched early stay hidden until all before them are done, so that a reader never has to go back."""
    text = log_of(300)
    expected = numbers_in(text)
    search = search.so_set(part_bytes=2048)
    task_id = search.hand_over(text.encode(), region="US")
    assert search.readable(task_id) == []
    search.lifecycle.run([task_id])
    assert search.readable(task_id) == []
    first, second, third, *others = (hint.task_ids[0] for hint in search.hints)
    search.lifecycle.run([third])
    search.lifecycle.run([second])
    assert search.readable(task_id) == []
    search.lifecycle.run([first])
    there = search.readable(task_id)
    assert 0 < len(there) < len(expected)
    assert there == expected[: len(there)]
    search.hints[:] = [hint for hint in search.hints if hint.task_ids[0] in others]
    *_most, last = others
    search.hints[:] = [hint for hint in search.hints if hint.task_ids[0] != last]
    search.work()
    assert len(there) < len(search.readable(task_id)) < len(expected)
    search.work(last)
    assert search.found(task_id).phones == expected


@sqlite
def test_a_long_file_is_cut_bit_by_bit_and_its_first_numbers_come_before_it_was_read(
    search: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "CUT_TOGETHER", 4)
    text = log_of(900)
    expected = numbers_in(text)
    search = search.so_set(part_bytes=2048)
    task_id = search.hand_over(text.encode(), region="US")
    search.lifecycle.run([task_id])
    assert len(search.hints) == 5
    first = search.hints.pop(0)
    search.lifecycle.run(first.task_ids)
    there = search.readable(task_id)
    assert there == expected[: len(there)] != []
    search.work()
    assert search.found(task_id).phones == expected


@sqlite
def test_workers_with_other_settings_search_the_parts_as_they_were_cut(search: Searching) -> None:
    text = log_of(900)
    large, small = search.so_set(part_bytes=8192), search.so_set(part_bytes=2048)
    task_id = large.hand_over(text.encode(), region="US")
    large.lifecycle.run([task_id])
    small.hints.extend(large.hints)
    small.work()
    assert small.found(task_id).task["error"] is None
    assert small.found(task_id).phones == numbers_in(text)


@sqlite
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("cp1251", b""),
        ("gb18030", b""),
        ("cp932", b""),
    ],
)
@pytest.mark.parametrize("part_bytes", [1024, 4 << 20])
def test_lines_and_offsets_are_those_of_the_file_in_every_encoding(
    search: Searching, encoding: str, mark: bytes, part_bytes: int
) -> None:
    word = {"cp1251": "звонок ", "gb18030": "电话 €𝄞 ", "cp932": "電話 "}.get(encoding, "é€𝄞 電話 ")
    text = "".join(f"{word}{k}: +1 650 253 {k:04} {word}\r\n" for k in range(200))
    content = mark + text.encode(encoding)
    found = search.so_set(part_bytes=part_bytes)(
        content, **({} if mark or encoding == "utf-8" else {"encoding": encoding})
    )
    expected = numbers_in(text, "US", encoding, len(mark))
    assert found.phones == expected
    assert len(expected) == 200
    assert found.task["result"]["encoding"] == encoding
    for each in found.phones[::50]:
        raw = each.raw.encode(encoding)
        assert content[each.offset : each.offset + len(raw)] == raw


@sqlite
def test_what_is_invalid_in_the_encoding_hides_no_number(search: Searching) -> None:
    content = b"\xc3\xa9" * 200 + b"\n\xff\xfe\x80 +1 650 253 0001 \xff\xff\n+1 650 253 0002\xe9"
    found = search(content)
    assert [(each.number, each.line, each.offset) for each in found.phones] == [
        ("+16502530001", 2, 405),
        ("+16502530002", 3, 424),
    ]


@sqlite
@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"PK\x03\x04" + bytes(100), "not_text", "a ZIP file, such as an Excel workbook"),
        (b"\x1f\x8b" + bytes(100), "not_text", "compressed with gzip"),
        (bytes(range(256)) * 40, "not_text", "binary data"),
        ("+1 650 253 0000".encode("utf-16") + b"x", "not_text", "half a character"),
    ],
)
def test_a_file_that_is_no_text_fails_at_once_with_a_reason(
    search: Searching, content: bytes, code: str, says: str
) -> None:
    found = search(content)
    assert (found.task["outcome"], found.task["attempt"], found.phones) == ("failed", 1, [])
    assert found.task["error"]["code"] == code
    assert says in found.task["error"]["detail"]


@sqlite
def test_a_line_that_cannot_be_cut_is_searched_whole_up_to_a_limit(
    search: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST", 8192)
    search = search.so_set(part_bytes=1024)
    whole = "+1 650 253 0000 " + "12 " * 2600  # nothing but what a number may contain
    assert search(whole).phones == numbers_in(whole)
    failed = search(whole + "12 " * 300).task
    assert (failed["outcome"], failed["error"]["code"]) == ("failed", "line_too_long")
    assert "From byte 0 on" in failed["error"]["detail"]


@sqlite
def test_long_lines_are_cut_where_no_number_is(search: Searching) -> None:
    chance = random.Random(3)
    rows = [
        f'{{"id":{k},"mobile":"+1 650 253 {chance.randrange(10_000):04}","memo":"{chance.randbytes(30).hex()}"}}'
        for k in range(500)
    ]
    for text in ("[" + ",".join(rows) + "]", ",".join(f"650253{k:04}" for k in range(3000))):
        found = search.so_set(part_bytes=1024)(text)
        assert found.phones == numbers_in(text)
        assert len(found.phones) >= 500
        assert len(found.task["history"]) > 0  # it was cut


@pytest.mark.parametrize("part_bytes", [1024, 4 << 20])
def test_a_file_with_more_numbers_than_allowed_fails_and_keeps_what_was_found(
    search: Searching, part_bytes: int
) -> None:
    text = "".join(f"+1 650 253 {k:04}\n" for k in range(500))
    assert search.so_set(part_bytes=part_bytes, phones_most=500)(text).task["outcome"] == "done"
    found = search.so_set(part_bytes=part_bytes, phones_most=499)(text)
    assert (found.task["outcome"], found.task["error"]["code"]) == ("failed", "too_many_numbers")
    assert found.task["error"]["detail"] == "This file has at least 500 phone numbers; at most 499 are allowed."
    assert found.phones == numbers_in(text)[: len(found.phones)]
    assert bool(found.phones) == (part_bytes == 1024)  # the part with the 500th number brings nothing


@sqlite
def test_the_engine_is_named_in_the_result_and_the_same_for_all_parts(
    search: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = search.so_set(phones_engine="fast", part_bytes=1024)
    text = "".join(f"é call +1 650 253 {k:04} now\n" for k in range(100))
    expected = numbers_in(text)
    task_id = fast.hand_over(text.encode(), region="US")
    fast.lifecycle.run([task_id])
    monkeypatch.delattr(matcher, "exact")
    exact = search.so_set(part_bytes=1024)  # a worker whose setting was changed in the meantime
    exact.hints.extend(fast.hints)
    exact.work()
    found = exact.found(task_id)
    assert found.task["result"]["engine"] == "fast"
    assert found.phones == expected


@sqlite
def test_memory_does_not_grow_with_the_file(search: Searching, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work on a part, measured; the text has few numbers, for the rows of a part are in memory."""
    monkeypatch.setattr(kind, "LARGE", 64 << 10)
    monkeypatch.setattr(kind, "SMALL", 64 << 10)
    monkeypatch.setattr(kind, "SAMPLE", 64 << 10)

    def peak(lines: int) -> int:
        task_id = search.hand_over(
            ("some words without any numbers, as prose has them\n" * lines).encode(), region="US"
        )
        tracemalloc.start()
        search.work(task_id)
        most: Any = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert search.task(task_id)["outcome"] == "done"
        return int(most)

    peak(2000)
    assert peak(100_000) < peak(10_000) + (256 << 10)
