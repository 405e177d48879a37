"""Rows of a file of contacts as they come, and worse: each is counted at its line, or the file fails with its line."""

import csv
import io

import pytest

from tests.worker.conftest import Loading, sqlite
from tests.worker.outcomes import failed, loaded, rejected

pytestmark = sqlite  # each make of database: test_contacts.py

ROWS = [
    ["Ann, Lee", "ann@x.org", "1"],
    ['Bob "B"; Ø', "bob@x.org", ""],
    ["a\r\nb", "c@x.org", "|"],
    ["", "nobody", "\t"],
]

EXPECTED = {"ann@x.org": "Ann, Lee", "bob@x.org": 'Bob "B"; Ø', "c@x.org": "a\r\nb"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", [[], ["Full Name", "E-Mail", "phone"]])
def test_each_delimiter_and_line_end_with_and_without_a_header(
    load: Loading, delimiter: str, header: list[str], end: str
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(([header] if header else []) + ROWS)
    found = loaded(load, file.getvalue())
    assert found.counts == (4, 3, 0, 1)
    assert {key: row["name"] for key, row in found.records.items()} == EXPECTED
    assert found.records["ann@x.org"]["data"] == {"phone" if header else "column_3": "1"}
    line = 1 + bool(header)
    assert [row["line"] for row in found.records.values()] == [line, line + 1, line + 2]
    assert rejected(found)[0][0] == str(line + 4)
    result = found.task["result"]
    assert (result["delimiter"], result["header"]) == (delimiter, bool(header))
    assert (result["email_column"], result["name_column"]) == (("E-Mail", "Full Name") if header else (2, 1))


def test_excels_first_line_names_the_delimiter_and_is_no_row(load: Loading) -> None:
    found = loaded(load, "sep=;\r\nname;email\r\nA,B;a@x.org\r\n;\r\n")
    assert found.counts == (2, 1, 0, 1)
    assert found.records["a@x.org"] | {"line": 3, "name": "A,B"} == found.records["a@x.org"]
    assert rejected(found)[0][0] == "4"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\r\n \r\n\n", b"\xef\xbb\xbf", b"\xff\xfe", "\ufeff\n".encode("utf-16-be")]
)
def test_an_empty_file_has_no_rows(load: Loading, content: bytes) -> None:
    assert loaded(load, content).counts == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "content", ["name,email", "name,email\n", "\nname;email\r\n", "sep=;\nname;email\n", "email", "sep=;\n"]
)
def test_a_header_alone_has_no_rows(load: Loading, content: str) -> None:
    found = loaded(load, content)
    assert found.counts == (0, 0, 0, 0)


def test_blank_lines_are_no_rows_and_rows_of_empty_cells_are_invalid(load: Loading) -> None:
    found = loaded(load, '\n\nname;email\n\n  \n;\n"";""\n  ; \n\t\n\nA;a@x.org\n\n\n')
    assert found.counts == (4, 1, 0, 3)
    assert [row[:2] for row in rejected(found)] == [["6", "empty_row"], ["7", "empty_row"], ["8", "empty_row"]]
    assert found.records["a@x.org"]["line"] == 11


@pytest.mark.parametrize("blank", ["\n", "  \r\n", " " * 1000 + "\n"])
@pytest.mark.parametrize("part_bytes", [1024, 4 << 20])
def test_however_much_is_blank_before_the_first_row(load: Loading, blank: str, part_bytes: int) -> None:
    found = loaded(load.so_set(part_bytes=part_bytes), blank * 400 + "name,email,z\nok,u@ex.org,1\nbad,bad,2\n")
    assert found.counts == (2, 1, 0, 1)
    assert found.records["u@ex.org"]["line"] == 402
    assert rejected(found)[0][:2] == ["403", "invalid_address"]


def test_short_rows_lack_cells_and_long_ones_keep_them(load: Loading) -> None:
    found = loaded(load, "email,name,phone,city\na@x.org\nb@x.org,B\nc@x.org,C,1,Ely,more,\nd@x.org,,,,,x\n,\n")
    assert found.counts == (5, 4, 0, 1)
    assert [(row["name"], row["data"]) for row in found.records.values()] == [
        ("", {}),
        ("B", {}),
        ("C", {"phone": "1", "city": "Ely", "column_5": "more", "column_6": ""}),
        ("", {"phone": "", "city": "", "column_5": "", "column_6": "x"}),
    ]


def test_a_row_too_short_for_an_address_is_invalid(load: Loading) -> None:
    found = loaded(load, "name,phone,email\nA,1\nB\nC,1,c@x.org\n")
    assert [row[:3] for row in rejected(found)] == [
        ["2", "no_address", "The row has no email address in column email."],
        ["3", "no_address", "The row has no email address in column email."],
    ]


def test_an_unclosed_quote_fails_with_its_line(load: Loading) -> None:
    code, words = failed(load, 'name,email\nA,a@x.org\n\n"B\nb",b@x.org\n"C,c@x.org\nD,d@x.org\n')
    assert code == "unreadable_csv"
    assert words.startswith("A quote is opened in line 6 and not closed before the end of the file. Close it, or")


def test_a_quote_in_the_middle_is_a_character(load: Loading) -> None:
    found = loaded(load, 'Bob "B,b@x.org\n5" pipe,c@x.org\n')
    assert [row["name"] for row in found.records.values()] == ['Bob "B', '5" pipe']


def test_rows_of_two_bytes(load: Loading) -> None:
    found = loaded(load, "a\n" * 1000)
    assert found.counts == (1000, 0, 0, 1000)
    assert rejected(found)[999][0] == "1000"


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_field_of_10_mb_is_kept(load: Loading, quote: str) -> None:
    long = ("x" * 99 + ("\n" if quote else " ")) * 100_000
    found = loaded(load, f"name,email,note\nA,a@x.org,{quote}{long}{quote}\nB,b@x.org,\nC,nobody,\n")
    assert found.counts == (3, 2, 0, 1)
    assert found.records["a@x.org"]["data"] == {"note": long}
    assert found.records["b@x.org"]["line"] == (100_003 if quote else 3)


def test_a_row_that_no_database_takes_is_invalid(load: Loading) -> None:
    found = loaded(load, f"A,a@x.org,{'x' * (15 << 20)}\nB,b@x.org,\n")
    assert found.counts == (2, 1, 0, 1)
    assert rejected(found)[0][1] == "row_too_long"
    assert len(rejected(found)[0][5]) == 15 << 20


@pytest.mark.parametrize(
    "first",
    [
        'name,email,"' + "x y\n" * 70_000 + '"',
        "name,email," + "x" * 300_000,
        "name,email," + "x" * 5_000_000,
        '"' + "x" * 300_000 + '",a@ex.org',
    ],
)
def test_however_long_the_first_row_is(load: Loading, first: str) -> None:
    found = loaded(load, f"{first}\nok,b@ex.org\nok,c@ex.org\n")
    assert {"b@ex.org", "c@ex.org"} <= set(found.records)
    assert found.counts[3] == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_parts_and_the_whole_come_to_the_same(load: Loading, encoding: str) -> None:
    rows = ["sep=;", '"name"; email;"no\r\nte"']
    for number in range(300):
        rows += ["", f'"Zoë\r\n""{number}""";z{number % 100}@{"@" * (number % 7 == 0)}x.org;{"x" * (number % 50)}']
    content = "\r\n".join(rows).replace("; email", ";email").encode(encoding)
    whole = loaded(load, content)
    worker = load.so_set(part_bytes=1500)
    task_id = worker.hand_over(content, owner="another")
    worker.lifecycle.run([task_id])
    assert len(worker.hints) > 5
    worker.work()
    parts = load.found(task_id, "another")
    assert (parts.task["progress"], parts.task["total"]) == (300, 300)
    assert parts.counts == whole.counts == (300, 100, 157, 43)
    assert parts.rejects == whole.rejects
    assert {key: row["line"] for key, row in parts.records.items()} == {
        key: row["line"] for key, row in whole.records.items()
    }
