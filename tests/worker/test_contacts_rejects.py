"""The report of rejected rows is corrected and uploaded again, until nothing is rejected."""

import csv
import io

from tests.worker.conftest import Loading, sqlite
from tests.worker.outcomes import loaded, rejected

pytestmark = sqlite  # every database: test_contacts.py

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


def test_what_is_of_no_encoding_is_refused_until_it_is_corrected(load: Loading) -> None:
    lines = b"name,email\n\xe9ric,u@ex.org\n" + "né,a@ex.org\né,b@ex.org\n".encode()
    found = loaded(load, lines)
    assert rejected(found) == [["2", "bad_encoding", rejected(found)[0][2], "\ufffdric", "u@ex.org"]]
    again = loaded(load, found.rejects)
    assert rejected(again)[0][1:2] == ["bad_encoding"]
    assert loaded(load, again.rejects.replace("\ufffd", "é")).records["u@ex.org"]["name"] == "éric"
