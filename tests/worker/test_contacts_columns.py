"""Columns of a file of contacts: which one has the addresses is given or detected; all others are kept by name."""

import pytest

from tests.worker.conftest import Loading, sqlite
from tests.worker.outcomes import failed, loaded, rejected

pytestmark = sqlite  # each make of database: test_contacts.py


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


def test_an_extra_cell_does_not_hide_a_column_of_its_name(load: Loading) -> None:
    found = loaded(load, "email,column_4,name\na@x.org,x,A,y\n")
    assert found.records["a@x.org"]["data"] == {"column_4": "x", "column_4_2": "y"}


def test_1000_columns_are_taken_and_no_more(load: Loading) -> None:
    names = ["email", "name", *(f"c{number}" for number in range(998))]
    row = ["a@x.org", "A", *map(str, range(998))]
    found = loaded(load, ",".join(names) + "\n" + ",".join(row) + "\n" + ",".join(["b@x.org", *row[1:], "more"]) + "\n")
    assert found.counts == (2, 1, 0, 1)
    assert len(found.records["a@x.org"]["data"]) == 998
    assert rejected(found)[0][1:3] == ["too_many_cells", "The row has 1001 cells; at most 1000 are allowed."]
    code, words = failed(load, ",".join([*names, "more"]) + "\n")
    assert (code, words) == ("invalid_input", "A row of this file has 1001 columns; at most 1000 are allowed.")


def test_of_columns_of_addresses_that_with_the_most_is_taken(load: Loading) -> None:
    found = loaded(load, "email,name,email\n,A,a@x.org\n,B,b@x.org\n")
    assert list(found.records) == ["a@x.org", "b@x.org"]
    assert found.task["result"]["email_column"] == "email_2"
    again = loaded(load, "email,name,email\n,A,c@x.org\n", email_column=found.task["result"]["email_column"])
    assert list(again.records) == ["c@x.org"]


@pytest.mark.parametrize("header", ["name,contact,email opt-in", "name,contact,mailing"])
def test_a_column_of_addresses_is_taken_before_one_that_only_sounds_like_it(load: Loading, header: str) -> None:
    found = loaded(load, f"{header}\nAnn,a@ex.org,yes\nBob,b@ex.org,no\n")
    assert (found.counts, found.task["result"]["email_column"]) == ((2, 2, 0, 0), "contact")


@pytest.mark.parametrize("given", ["Ηλεκτρονικό ταχυδρομείο", "ηλεκτρονικό_ταχυδρομείο"])
def test_a_column_that_is_named_by_its_header_shows_that_there_is_one(load: Loading, given: str) -> None:
    found = loaded(load, "Όνομα,Ηλεκτρονικό ταχυδρομείο\nx,u@ex.org\n", email_column=given)
    assert (found.counts, found.task["result"]["header"]) == ((1, 1, 0, 0), True)


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
        "The parameter email_column names no column of this file: 'E-mail'; the columns are: name, contact.",
    )
    assert failed(load, "A;a@x.org\n", email_column="3") == (
        "invalid_input",
        "The parameter email_column names no column of this file: '3'; use a number from 1 to 2, or set header=yes.",
    )
    assert (
        failed(load, "A;a@x.org\n", email_column="0")[0]
        == failed(load, "\n\n\nA\n", email_column="²")[0]
        == "invalid_input"
    )


def test_a_file_without_addresses_says_what_to_do(load: Loading) -> None:
    code, words = failed(load, "first,second\n1,2\n3,4\n")
    assert code == "invalid_input"
    assert words.startswith("The column with the email addresses cannot be detected. Set the parameter email_column")
