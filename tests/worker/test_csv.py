"""Which dialect a file is in, what its first rows are; what is written is read as it was, and no formula."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from md5_service.spreadsheet import guarded, unguarded
from md5_service.worker.formats import csv as csvs
from md5_service.worker.formats.csv import (
    DELIMITERS,
    Dialect,
    csv_row,
    detect,
    first_record,
    first_records,
    lines_of,
    separator,
)
from md5_service.worker.kinds.contacts.layout import looks_like_address
from tests.worker.cutting import cut, read


@given(text=st.text())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_what_is_guarded_is_undone_exactly(text: str) -> None:
    for cell in (text, *(before + text for before in ("=", "+", "-", "@", "'", "'=", "''@", "' =", "\t=", "'\r\n@"))):
        assert unguarded(guarded(cell)) == cell
        assert guarded(cell)[:1] not in FORMULAS


FORMULAS = {"=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"}


@given(cells=st.lists(st.text("x=-@\uff1d'\" ,;|\t\r\n"), min_size=1, max_size=4))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_formula_comes_up_whatever_delimiter_a_spreadsheet_expects(cells: list[str]) -> None:
    assert [unguarded(guarded(cell)) for cell in cells] == cells
    rows = (csv_row([2, "code", *map(guarded, cells)]) * 2).decode()
    for delimiter in DELIMITERS:
        for record in Dialect(delimiter).records(lines_of(rows)):
            assert [cell for cell in record if cell.lstrip()[:1] in FORMULAS] == []


@given(cells=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=5))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_row_that_is_written_is_read_as_it_was(cells: list[str]) -> None:
    written = csv_row(cells).decode()
    cutter, slices = cut(written, [1000], Dialect(), "utf-8")
    assert [record for _, record in read(written, Dialect())] == [cells]
    assert (cutter.records, len(slices)) == (1, 1)


SAMPLES = [
    ("Kathy Hunter;abc.def0@bing.com", ";"),
    ("Kathy Hunter;abc.def0@bing.com\nBob, the builder;b@x.org\n", ";"),
    ("a@x.org\n", ","),
    ("a@x.org\nb@x.org\n", ","),
    ("name,email\n", ","),
    ("name;email\n", ";"),
    ("name\temail\n", "\t"),
    ("name|email\n", "|"),
    ("Hunter, Kathy|k@x.org|1,5; 2\nLee, Ann|a@x.org|1,7; 3\n", "|"),
    ("Hunter, Kathy\tk@x.org\t1;2\nLee, Ann\ta@x.org\t\n", "\t"),
    ('"Hunter; Kathy","k@x.org","a;b;c"\n"Lee; Ann","a@x.org",";;"\n', ","),
    ('"Hunter, Kathy";"k@x.org";"1,50"\n"Lee, Ann";"a@x.org";"2,50"\n', ";"),
    ("id;name;sum;mail\n1;A;1,50;a@x.org\n2;B;2,50;b@x.org\n3;C;;\n", ";"),
    ("name,email,note\nA,a@x.org,x;y;z\nB,b@x.org,x;y\nC,c@x.org,\n", ","),
    ("name;email\nA;\nB;nobody\n", ";"),
]


@pytest.mark.parametrize(("sample", "delimiter"), SAMPLES)
def test_the_delimiter_is_told(sample: str, delimiter: str) -> None:
    for end in ("\n", "\r\n", "\r"):
        assert detect(sample.replace("\n", end), is_good=looks_like_address) == Dialect(delimiter)
    assert detect(sample, "|").delimiter == "|"


def test_a_space_before_a_quote_is_no_part_of_the_field() -> None:
    sample = 'name, email\n"Lee, Ann", "a@x.org"\n'
    dialect = detect(sample, is_good=looks_like_address)
    assert dialect == Dialect(",", skips_space=True)
    assert first_records(sample, dialect) == [["name", "email"], ["Lee, Ann", "a@x.org"]]


def test_the_first_line_may_name_the_delimiter_as_excel_does() -> None:
    assert separator("sep=;\r\na;b") == (";", 7)
    assert separator("sep=\t\na") == ("\t", 6)
    assert separator("sep=,\r") == (",", 6)
    for other in ("sep=;", "sep=x\n", "sep;email\n", "", "a\nsep=;\n"):
        assert separator(other) is None


def test_the_first_row_is_found_after_blank_lines_and_with_quoted_newlines() -> None:
    assert first_record('\r\n \r\n"a\r\nb",c\r\nd\r\n', Dialect()) == '\r\n \r\n"a\r\nb",c\r\n'
    assert first_record("\n\n", Dialect()) == "\n\n"


def test_of_a_sample_the_row_that_may_be_cut_is_not_judged() -> None:
    assert first_records("a,b\nc,d\ne", Dialect()) == [["a", "b"], ["c", "d"]]
    assert first_records("a,b", Dialect()) == [["a", "b"]]
    assert len(first_records("a,b\n" * 1000, Dialect())) == csvs.SAMPLE_ROWS
