"""Whatever a CSV holds, the work that it makes grows as its bytes do: no cell, line or word of a client holds the others up."""

from collections.abc import Callable
from functools import partial

import pytest

from md5_service.spreadsheet import guarded, unguarded
from md5_service.worker.formats import csv
from md5_service.worker.formats.csv import Cutter, Dialect
from md5_service.worker.formats.text import Judge, not_text
from md5_service.worker.kinds.contacts.layout import Layout, layout_of, looks_like_address
from md5_service.worker.kinds.contacts.rows import parse
from md5_task_data.errors import InvalidInput, LeaseLost
from md5_task_data.kinds.addresses import NotAnAddress, key_of
from tests.linear import assert_linear

SMALL = 2000  # characters

# What is as long as one wants, and is what a pattern, or a loop, looks for again and again.
RUNS: dict[str, Callable[[int], str]] = {
    "dots after an @": lambda n: "a@" + "." * n + '"',
    "letters after an @": lambda n: "a@" + "a" * n + "!",
    "@s": lambda n: "@" * n,
    "addresses without spaces": lambda n: "a@b.c" * (n // 5),
    "spaces": lambda n: " " * n + "x",
    "spaces after an address": lambda n: "a@b.c" + " " * n + "x",
    "letters": lambda n: "a" * n,
    "words": lambda n: "ab " * (n // 3),
    "letters with an accent at the end": lambda n: "a" * n + "é",
    "accents": lambda n: "é" * n,
    "capitals": lambda n: "ÉA" * (n // 2),
    "delimiters": lambda n: "," * n,
    "semicolons": lambda n: "a;" * (n // 2),
    "quotes": lambda n: '"' * n,
    "cells that are empty quotes": lambda n: '"",' * (n // 3),
    "an open quote": lambda n: '"' + "a" * n,
    "open quotes": lambda n: ',"a\n' * (n // 4),
    "lines": lambda n: "\n" * n,
    "carriage returns": lambda n: "\r" * n,
    "both, turned round": lambda n: "\n\r" * (n // 2),
    "blank lines with spaces": lambda n: " \n" * (n // 2),
    "rows": lambda n: "a@b.c,d\n" * (n // 8),
    "rows of long ASCII lines with an accent": lambda n: ("a" * 900 + "\né\n") * (n // 903),
    "apostrophes": lambda n: "'" * n + "=",
    "equals signs": lambda n: "=" * n,
    "NULs": lambda n: "\0" * n,
    "backslashes": lambda n: "\\" * n,
    "digits": lambda n: "1" * n,
    "same columns": lambda n: "a," * (n // 2) + "email",
    "columns that are named like second ones": lambda n: ",".join(f"a_{at},a" for at in range(n // 8)),
    "a name of a delimiter": lambda n: "sep=" + "," * n,
    "underscores": lambda n: "_-." * (n // 3),
}
PLACES: dict[str, Callable[[str], object]] = {
    "is it an address": looks_like_address,
    "the key of an address": lambda text: key_or_none(text),
    "the first records": lambda text: csv.detect(text, is_good=looks_like_address),
    "the first record": lambda text: csv.first_record(text, Dialect()),
    "the columns": lambda text: layout_or_none(csv.first_records(text, Dialect())),
    "the delimiter that is named": csv.separator,
    "is it text": lambda text: not_text(text.encode("latin-1", "replace")),
    "the encoding": lambda text: judged(text.encode("latin-1", "replace")),
    "the cuts": lambda text: cut(text),
    "the rows": lambda text: parsed(text),
    "guarded and back": lambda text: unguarded(guarded(text)),
    "a row of a report": lambda text: csv.csv_row(["1", text]),
}


def key_or_none(text: str) -> str | None:
    try:
        return key_of(text)
    except NotAnAddress:
        return None


def layout_or_none(records: list[list[str]]) -> Layout | None:
    try:
        return layout_of(records, {})
    except InvalidInput:
        return None


def judged(content: bytes) -> str:
    judge = Judge()
    for start in range(0, len(content), 50_000):
        judge.see(content[start : start + 50_000])
    return judge.verdict()


def cut(text: str) -> object:
    cutter = Cutter(Dialect(), len, 0, 100_000)
    try:
        for start in range(0, len(text), 10_000):
            cutter.feed(text[start : start + 10_000])
        return cutter.end()
    except csv.UnreadableCsv as error:
        return error


def parsed(text: str, width: int = 2) -> object:
    layout = Layout([f"column_{at + 1}" for at in range(width)], 0, 1, has_header=False)
    return parse(text.encode(), "utf-8", Dialect(), layout, 1, lambda: None).report()


@pytest.mark.parametrize("place", PLACES)
def test_long_runs(place: str) -> None:
    def read(run: Callable[[int], str], size: int) -> object:
        return PLACES[place](run(size))

    for run in RUNS.values():
        assert_linear(partial(read, run), SMALL)


def test_rows_that_are_shorter_than_a_long_header_or_longer() -> None:
    """Each costs what it has, not what the header has."""

    def rows(cells: int) -> Callable[[int], object]:
        return lambda size: parsed(("a@b.c" + "," * cells + "\n") * (size // (6 + cells)), 1000)

    assert_linear(rows(3), SMALL)
    assert_linear(lambda width: parsed("a@b.c,1,2,3\n" * 500, width), 60)  # 16 times as many columns, and the same rows


def test_a_part_that_is_not_ours_any_more_is_left() -> None:
    """It was cancelled, say: a part can take a second, and many rows."""
    looked = 0

    def look() -> None:
        nonlocal looked
        looked += 1
        if looked == 3:
            raise LeaseLost("1")

    layout = Layout(["email", "name"], 0, 1, has_header=False)
    with pytest.raises(LeaseLost):
        parse(b"a@b.c,A\n" * 100_000, "utf-8", Dialect(), layout, 1, look)
    looked = -100_000
    parse(b"a@b.c,A\n" * 10_000, "utf-8", Dialect(), layout, 1, look)
    assert looked >= 10 - 100_000
