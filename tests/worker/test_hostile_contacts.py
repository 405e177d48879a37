"""Files of contacts as they come, and worse: every row is accounted for, or the file fails with words that say what to do."""

import csv
import io
from typing import Any

import pytest

from tests.worker.conftest import Loaded, Loading

# What is asked here is the same on every database; those that store differently are asked in test_contacts.py.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def loaded(load: Loading, content: bytes | str, **params: Any) -> Loaded:
    """What came of a file that is taken; its counts agree with one another, and with what is kept."""
    found = load(content, **params)
    assert found.task["outcome"] == "done", found.task["error"]
    rows, inserted, duplicate, invalid = found.counts
    assert rows == inserted + duplicate + invalid
    assert inserted == len(found.records)
    assert invalid == len(rejected(found))
    return found


def rejected(found: Loaded) -> list[list[str]]:
    return list(csv.reader(io.StringIO(found.rejects, newline="")))[1:]


def failed(load: Loading, content: bytes | str, **params: Any) -> tuple[str, str]:
    """Code and words of a failure."""
    task = load(content, **params).task
    assert task["outcome"] == "failed"
    return task["error"]["code"], task["error"]["detail"]


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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_lines_and_cells_are_right_in_every_encoding(load: Loading, encoding: str) -> None:
    text = 'name;email\r\n\r\n"Zoë\r\nB";z@x.org\r\nÄ;nobody\r\nÖ;o@x.org'
    found = loaded(load, text.encode(encoding))
    assert [(row["name"], row["line"]) for row in found.records.values()] == [("Zoë\r\nB", 3), ("Ö", 6)]
    assert rejected(found)[0][0] == "5"
    assert rejected(found)[0][3:] == ["Ä", "nobody"]


def test_short_rows_lack_cells_and_long_ones_keep_them(load: Loading) -> None:
    found = loaded(load, "email,name,phone,city\na@x.org\nb@x.org,B\nc@x.org,C,1,Ely,more,\nd@x.org,,,,,x\n,\n")
    assert found.counts == (5, 4, 0, 1)
    assert [(row["name"], row["data"]) for row in found.records.values()] == [
        ("", {}),
        ("B", {}),
        ("C", {"phone": "1", "city": "Ely", "column_5": "more", "column_6": ""}),
        ("", {"phone": "", "city": "", "column_5": "", "column_6": "x"}),
    ]


def test_an_extra_cell_does_not_hide_a_column_of_its_name(load: Loading) -> None:
    found = loaded(load, "email,column_4,name\na@x.org,x,A,y\n")
    assert found.records["a@x.org"]["data"] == {"column_4": "x", "column_4_2": "y"}


def test_a_row_too_short_for_an_address_is_invalid(load: Loading) -> None:
    found = loaded(load, "name,phone,email\nA,1\nB\nC,1,c@x.org\n")
    assert [row[:3] for row in rejected(found)] == [
        ["2", "no_address", "there is no e-mail address in column email"],
        ["3", "no_address", "there is no e-mail address in column email"],
    ]


def test_blank_lines_are_no_rows_and_rows_of_empty_cells_are_invalid(load: Loading) -> None:
    found = loaded(load, '\n\nname;email\n\n  \n;\n"";""\n  ; \n\t\n\nA;a@x.org\n\n\n')
    assert found.counts == (4, 1, 0, 3)
    assert [row[:2] for row in rejected(found)] == [["6", "empty_row"], ["7", "empty_row"], ["8", "empty_row"]]
    assert found.records["a@x.org"]["line"] == 11


def test_rows_with_a_nul_are_invalid(load: Loading) -> None:
    found = loaded(load, b"name,email\nA\0,a@x.org\nB,b@x.org\0\n\0\nC,c@x.org\n")
    assert found.counts == (4, 1, 0, 3)
    assert {tuple(row[1:3]) for row in rejected(found)} == {
        ("nul_character", "the row has a NUL character, which no text has")
    }


def test_a_lone_surrogate_of_utf16_makes_its_row_invalid(load: Loading) -> None:
    text = "A\ud83d,a@x.org\nB,b@x.org\nc@x.org,\ud83d"
    found = loaded(load, b"\xff\xfe" + text.encode("utf-16-le", "surrogatepass"))
    assert found.counts == (3, 1, 0, 2)
    assert {row[1] for row in rejected(found)} == {"bad_encoding"}


@pytest.mark.parametrize("unfit", [b"\xe9", b"\0"])
def test_a_header_that_no_database_takes_names_columns_all_the_same(load: Loading, unfit: bytes) -> None:
    rows = "".join(f"Zoë,z{number}@x.org,{number}\n" for number in range(9)).encode()
    found = loaded(load, b"name,mail" + unfit + b",t" + unfit + b"l\n" + rows + b",,\n")
    assert found.counts == (10, 9, 0, 1)
    assert found.records["z1@x.org"]["data"] == {"t\ufffdl": "1"}
    assert found.task["result"]["email_column"] == "mail\ufffd"
    assert found.rejects.splitlines()[0] == "line,code,message,name,mail\ufffd,t\ufffdl"


def test_utf16_that_was_cut_short_says_so(load: Loading) -> None:
    code, words = failed(load, "name,email\nA,a@x.org\n".encode("utf-16")[:-1])
    assert code == "not_text"
    assert "cut short" in words


def test_an_unclosed_quote_fails_with_its_line(load: Loading) -> None:
    code, words = failed(load, 'name,email\nA,a@x.org\n\n"B\nb",b@x.org\n"C,c@x.org\nD,d@x.org\n')
    assert code == "unreadable_csv"
    assert words.startswith("line 6: a quote is opened that is not closed until the end of the file; close it, or")


def test_a_quote_in_the_middle_is_a_character(load: Loading) -> None:
    found = loaded(load, 'Bob "B,b@x.org\n5" pipe,c@x.org\n')
    assert [row["name"] for row in found.records.values()] == ['Bob "B', '5" pipe']


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


def test_columns_of_the_same_name_are_all_kept(load: Loading) -> None:
    found = loaded(load, "email,phone,phone,,phone_2,phone,\na@x.org,1,2,3,4,5,6\n")
    assert found.records["a@x.org"]["data"] == {
        "phone": "1",
        "phone_3": "2",
        "column_4": "3",
        "phone_2": "4",
        "phone_4": "5",
        "column_7": "6",
    }


def test_of_columns_of_addresses_that_with_the_most_is_taken(load: Loading) -> None:
    found = loaded(load, "email,name,email\n,A,a@x.org\n,B,b@x.org\n")
    assert list(found.records) == ["a@x.org", "b@x.org"]
    assert found.task["result"]["email_column"] == "email_2"
    again = loaded(load, "email,name,email\n,A,c@x.org\n", email_column=found.task["result"]["email_column"])
    assert list(again.records) == ["c@x.org"]


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


def test_rows_of_two_bytes(load: Loading) -> None:
    found = loaded(load, "a\n" * 1000)
    assert found.counts == (1000, 0, 0, 1000)
    assert rejected(found)[999][0] == "1000"


def test_1000_columns_are_taken_and_no_more(load: Loading) -> None:
    names = ["email", "name", *(f"c{number}" for number in range(998))]
    row = ["a@x.org", "A", *map(str, range(998))]
    found = loaded(load, ",".join(names) + "\n" + ",".join(row) + "\n" + ",".join(["b@x.org", *row[1:], "more"]) + "\n")
    assert found.counts == (2, 1, 0, 1)
    assert len(found.records["a@x.org"]["data"]) == 998
    assert rejected(found)[0][1:3] == ["too_many_cells", "the row has 1001 cells; at most 1000 are taken"]
    code, words = failed(load, ",".join([*names, "more"]) + "\n")
    assert (code, words) == ("invalid_input", "a row of this file has 1001 columns; at most 1000 are taken")


def test_excels_first_line_names_the_delimiter_and_is_no_row(load: Loading) -> None:
    found = loaded(load, "sep=;\r\nname;email\r\nA,B;a@x.org\r\n;\r\n")
    assert found.counts == (2, 1, 0, 1)
    assert found.records["a@x.org"] | {"line": 3, "name": "A,B"} == found.records["a@x.org"]
    assert rejected(found)[0][0] == "4"


def test_what_is_given_overrides_what_would_be_detected(load: Loading) -> None:
    content = "имя;mail;other\nЯ,1;a@x.org;b@x.org\n".encode("koi8-r")
    found = loaded(load, content, encoding="koi8-r", delimiter=";", header=False, email_column="3")
    assert found.counts == (2, 1, 0, 1)
    assert found.records["b@x.org"]["name"] == "Я,1"
    assert found.records["b@x.org"]["data"] == {"column_2": "a@x.org"}
    assert {name: found.task["result"][name] for name in ("encoding", "delimiter", "header", "email_column")} == {
        "encoding": "koi8-r",
        "delimiter": ";",
        "header": False,
        "email_column": 3,
    }
    other = loaded(load, "a@x.org,1\nc@x.org,2\n", header=True, email_column="A@x.org")
    assert list(other.records) == ["c@x.org"]


def test_all_that_is_told_can_be_given_back(load: Loading) -> None:
    for content in ("Name|E-Mail\nZoë|z@x.org\n".encode("cp1250"), "Я;ya@x.org\n".encode("utf-16"), "a@x.org\n"):
        told = loaded(load, content).task["result"]
        given = {name: told[name] for name in ("encoding", "delimiter", "header")}
        again = loaded(load, content, **given, email_column=str(told["email_column"]))
        assert {name: again.task["result"][name] for name in told} == told | {"inserted": 0, "duplicate": 1}


def test_a_wrong_column_fails_with_the_names_that_there_are(load: Loading) -> None:
    assert failed(load, "name;contact\nA;a@x.org\n", email_column="E-mail") == (
        "invalid_input",
        "parameter email_column: there is no column 'E-mail'; the columns are: name, contact",
    )
    assert failed(load, "A;a@x.org\n", email_column="3") == (
        "invalid_input",
        "parameter email_column: there is no column '3'; columns go by numbers here, from 1 to 2, unless header=yes",
    )
    assert (
        failed(load, "A;a@x.org\n", email_column="0")[0]
        == failed(load, "\n\n\nA\n", email_column="²")[0]
        == "invalid_input"
    )


def test_a_file_without_addresses_says_what_to_do(load: Loading) -> None:
    code, words = failed(load, "first,second\n1,2\n3,4\n")
    assert code == "invalid_input"
    assert words.startswith(
        "which column of this file has the e-mail addresses cannot be told; say it with the parameter"
    )


FORMULAS = "name,email,note\nA,a@@x.org,=1+1\nB,b@@x.org,'=x\n'C,nobody,+49\n\"D\nD\",d@x.org,@home\n-E,e@@x.org,'-\n"


def test_a_report_is_corrected_and_handed_over_again_and_again(load: Loading) -> None:
    first = loaded(load, FORMULAS)
    assert first.counts == (5, 1, 0, 4)
    assert [row[5] for row in rejected(first)] == ["'=1+1", "''=x", "'+49", "''-"]
    assert [row[0] for row in rejected(first)] == ["2", "3", "4", "7"]
    second = loaded(load, first.rejects.replace("a@@x", "a@x").replace("b@@x", "b@x"))
    assert second.counts == (4, 2, 0, 2)
    assert [row["data"] for row in second.records.values()] == [{"note": "=1+1"}, {"note": "'=x"}]
    assert second.rejects.splitlines()[0] == first.rejects.splitlines()[0] == "line,code,message,name,email,note"
    third = loaded(load, second.rejects.replace("nobody", "c@x.org").replace("e@@x", "e@x"))
    assert third.counts == (2, 2, 0, 0)
    assert [(row["name"], row["data"]) for row in third.records.values()] == [
        ("'C", {"note": "+49"}),
        ("-E", {"note": "'-"}),
    ]
    assert third.rejects == "line,code,message,name,email,note\n"


def test_a_report_of_a_file_without_a_header_can_be_handed_over(load: Loading) -> None:
    first = loaded(load, "A;a@@x.org;1\nB;b@x.org;2\n;;\nlong;c@@x.org;3;4;5\n")
    second = loaded(load, first.rejects.replace("@@", "@"))
    assert second.counts == (3, 2, 0, 1)
    assert [row["data"] for row in second.records.values()] == [
        {"column_3": "1"},
        {"column_3": "3", "column_4": "4", "column_5": "5"},
    ]


def test_a_report_may_come_back_from_a_spreadsheet(load: Loading) -> None:
    report = loaded(load, "name,email\nZoë,z@@x.org\n").rejects
    rows = csv.reader(io.StringIO(report))
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";").writerows(rows)
    found = loaded(load, file.getvalue().replace("@@", "@").encode("utf-8-sig"))
    assert found.records["z@x.org"]["name"] == "Zoë"


def test_line_ends_in_rejected_cells_come_back_as_they_were(load: Loading) -> None:
    first = loaded(load, 'name,email\n"A\rB\r\nC\n",a@@x.org\n"D\r",d@@x.org\n')
    second = loaded(load, first.rejects.replace("@@", "@"))
    assert [row["name"] for row in second.records.values()] == ["A\rB\r\nC\n", "D\r"]


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


@pytest.mark.parametrize("blank", ["\n", "  \r\n", " " * 1000 + "\n"])
@pytest.mark.parametrize("part_bytes", [1024, 4 << 20])
def test_however_much_is_blank_before_the_first_row(load: Loading, blank: str, part_bytes: int) -> None:
    found = loaded(load.so_set(part_bytes=part_bytes), blank * 400 + "name,email,z\nok,u@ex.org,1\nbad,bad,2\n")
    assert found.counts == (2, 1, 0, 1)
    assert found.records["u@ex.org"]["line"] == 402
    assert rejected(found)[0][:2] == ["403", "invalid_address"]


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


def test_what_is_of_no_encoding_is_refused_until_it_is_corrected(load: Loading) -> None:
    lines = b"name,email\n\xe9ric,u@ex.org\n" + "né,a@ex.org\né,b@ex.org\n".encode()
    found = loaded(load, lines)
    assert rejected(found) == [["2", "bad_encoding", rejected(found)[0][2], "\ufffdric", "u@ex.org"]]
    again = loaded(load, found.rejects)
    assert rejected(again)[0][1:2] == ["bad_encoding"]
    assert loaded(load, again.rejects.replace("\ufffd", "é")).records["u@ex.org"]["name"] == "éric"


@pytest.mark.parametrize("header", ["name,contact,email opt-in", "name,contact,mailing"])
def test_a_column_of_addresses_is_taken_before_one_that_only_sounds_like_it(load: Loading, header: str) -> None:
    found = loaded(load, f"{header}\nAnn,a@ex.org,yes\nBob,b@ex.org,no\n")
    assert (found.counts, found.task["result"]["email_column"]) == ((2, 2, 0, 0), "contact")


@pytest.mark.parametrize("given", ["Ηλεκτρονικό ταχυδρομείο", "ηλεκτρονικό_ταχυδρομείο"])
def test_a_column_that_is_named_by_its_header_shows_that_there_is_one(load: Loading, given: str) -> None:
    found = loaded(load, "Όνομα,Ηλεκτρονικό ταχυδρομείο\nx,u@ex.org\n", email_column=given)
    assert (found.counts, found.task["result"]["header"]) == ((1, 1, 0, 0), True)


@pytest.mark.parametrize("encoding", ["koi8-r", "cp1251"])
@pytest.mark.parametrize("name", ["ИВАНОВ ИВАН", "ПЕТРОВА ОЛЬГА", "иванов иван"])
def test_cyrillic_in_capitals_only_is_told_by_its_letters(load: Loading, encoding: str, name: str) -> None:
    found = loaded(load, "".join(f"{name};u{n}@ex.org\n" for n in range(20)).encode(encoding))
    assert found.task["result"]["encoding"] == encoding
    assert found.records["u0@ex.org"]["name"] == name
