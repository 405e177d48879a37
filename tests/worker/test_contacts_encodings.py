"""Encodings of a file of contacts: lines and cells are right in each; what no text has makes its row invalid, not the file."""

import pytest

from tests.worker.conftest import Loading, sqlite
from tests.worker.outcomes import failed, loaded, rejected

pytestmark = sqlite  # each make of database: test_contacts.py


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_lines_and_cells_are_right_in_every_encoding(load: Loading, encoding: str) -> None:
    text = 'name;email\r\n\r\n"Zoë\r\nB";z@x.org\r\nÄ;nobody\r\nÖ;o@x.org'
    found = loaded(load, text.encode(encoding))
    assert [(row["name"], row["line"]) for row in found.records.values()] == [("Zoë\r\nB", 3), ("Ö", 6)]
    assert rejected(found)[0][0] == "5"
    assert rejected(found)[0][3:] == ["Ä", "nobody"]


@pytest.mark.parametrize("encoding", ["koi8-r", "cp1251"])
@pytest.mark.parametrize("name", ["ИВАНОВ ИВАН", "ПЕТРОВА ОЛЬГА", "иванов иван"])
def test_cyrillic_in_capitals_only_is_told_by_its_letters(load: Loading, encoding: str, name: str) -> None:
    found = loaded(load, "".join(f"{name};u{n}@ex.org\n" for n in range(20)).encode(encoding))
    assert found.task["result"]["encoding"] == encoding
    assert found.records["u0@ex.org"]["name"] == name


def test_rows_with_a_nul_are_invalid(load: Loading) -> None:
    found = loaded(load, b"name,email\nA\0,a@x.org\nB,b@x.org\0\n\0\nC,c@x.org\n")
    assert found.counts == (4, 1, 0, 3)
    assert {tuple(row[1:3]) for row in rejected(found)} == {
        ("nul_character", "The row has a NUL character, which is not allowed in text.")
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
