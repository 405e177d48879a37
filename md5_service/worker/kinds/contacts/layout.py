"""Finds out what each column of a file is: by the header if there is one, otherwise by the contents."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from md5_service.spreadsheet import guarded, unguarded
from md5_service.worker.formats.csv import csv_row
from md5_service.worker.formats.text import NOT_KEPT, UNKNOWN
from md5_task_data.errors import InvalidInput

MOST_COLUMNS = 1000
_LONGEST_ADDRESS = 320  # characters: a local part of 64 and a domain of 255 (RFC 3696)
_NOT_IN_ADDRESS = re.compile(r"[\s,;|\"']").search
REPORT = ["line", "code", "message"]  # the columns that `rejects.csv` puts before the file's own


def _words(text: str) -> frozenset[str]:
    """The words of a list as compared with headers: in lower case, with single spaces for `_`, `-` and `.`."""
    return frozenset(" ".join(word.split()) for word in text.split(","))


NAMES = _words(
    """
    name, full name, fullname, contact, contact name, имя, фио, ім'я, nom, nome, nombre, naam, navn, namn, imię i
    nazwisko, jméno, név, ime, ad soyad, nimi, person, customer, client
    """
)
ADDRESSES = _words(
    """
    courriel, correo, correo electronico, correo electrónico, почта, эл почта, электронная почта, адрес электронной
    почты, пошта, електронна пошта, e post, epost, e posta, eposta, sähköposti, mél
    """
)
OTHERS = _words(
    """
    id, first name, firstname, last name, lastname, surname, given name, family name, middle name, phone, phone number,
    telephone, tel, mobile, cell, fax, company, organisation, organization, firm, address, street, city, town, zip,
    postcode, postal code, state, country, region, date, birthday, birth date, date of birth, age, gender, sex, title,
    position, job title, department, notes, note, comment, comments, website, url, language, source, status, type,
    created at, фамилия, отчество, телефон, город, страна, адрес, компания, организация, должность, дата, прізвище,
    місто, vorname, nachname, telefon, firma, ort, stadt, strasse, straße, plz, land, prénom, téléphone, ville, société,
    pays, apellido, apellidos, teléfono, ciudad, empresa, país, cognome, telefono, città, azienda, sobrenome, telefone,
    cidade, imię, nazwisko, miasto, příjmení, město, achternaam, telefoon, stad, efternavn, efternamn, sukunimi,
    etunimi, soyad
    """
)


@dataclass(frozen=True)
class Layout:
    """`columns` names the columns; `email` and `name` are the numbers of two of them, from 0. `is_report`: the file is a
    corrected `rejects.csv`, whose added columns and apostrophes are removed."""

    columns: list[str]
    email: int
    name: int | None
    has_header: bool
    is_report: bool = False

    def column(self, number: int | None) -> str | int | None:
        """The client's name for the column: its name in the header, or its number, from 1."""
        if number is None or not self.columns:
            return None
        return self.columns[number] if self.has_header else number + 1

    def report_header(self) -> bytes:
        """The first line of `rejects.csv`."""
        return csv_row([*REPORT, *map(guarded, self.columns)])


def cells_in_report(record: list[str]) -> list[str]:
    """The file's own cells, as they were, from a record of a `rejects.csv`."""
    return [unguarded(cell) for cell in record[len(REPORT) :]]


def layout_of(records: Sequence[list[str]], params: Mapping[str, Any]) -> Layout:
    """The layout of a file that begins with these records. Raises InvalidInput if the address column cannot be found."""
    if not records:
        return Layout([], 0, None, has_header=False)
    is_report = records[0][: len(REPORT)] == REPORT and len(records[0]) > len(REPORT)
    first, *others = map(cells_in_report, records) if is_report else records
    words = [_plain(cell) for cell in first]
    given = params.get("email_column")
    names_column = given is not None and not given.strip().isdecimal() and _named(given, first, words) is not None
    has_header = params.get("header", is_report or _is_header(first, words) or names_column)
    width = max(map(len, [first] if has_header else [first, *others]))
    if width > MOST_COLUMNS:
        raise InvalidInput(f"A row of this file has {width} columns; at most {MOST_COLUMNS} are allowed.")
    data = others if has_header else [first, *others]
    if not has_header:
        email = _address_column([], [], data, width, given)
        name = next((at for at in range(width) if at != email), None)
        special = {email: "email", name: "name"}
        columns = [special.get(at, f"column_{at + 1}") for at in range(width)]
        return Layout(columns, email, name, has_header=False, is_report=is_report)
    columns = distinct([NOT_KEPT.sub(UNKNOWN, cell.strip()) or f"column_{at + 1}" for at, cell in enumerate(first)])
    email = _address_column(columns, words, data, width, given)
    name = next((at for at, word in enumerate(words) if word in NAMES and at != email), None)
    return Layout(columns, email, name, has_header=True, is_report=is_report)


def _plain(cell: str) -> str:
    return " ".join(cell.casefold().replace("_", " ").replace("-", " ").replace(".", " ").split())


def _is_address_word(word: str) -> bool:
    return word in ADDRESSES or "mail" in word


def _is_header(first: Sequence[str], words: Sequence[str]) -> bool:
    if any("@" in cell for cell in first):
        return False
    return any(_is_address_word(word) or word in NAMES or word in OTHERS for word in words)


def _named(given: str, header: Sequence[str], words: Sequence[str]) -> int | None:
    """The column with this name, or with one that differs only in form."""
    if given.strip() in header:
        return header.index(given.strip())
    plain = _plain(given)
    return words.index(plain) if plain in words else None


def _address_column(
    header: Sequence[str], words: Sequence[str], data: Sequence[list[str]], width: int, given: str | None
) -> int:
    if given is not None:
        return _given_column(header, words, width, given)
    found = Counter(at for record in data for at, cell in enumerate(record) if looks_like_address(cell))
    named = [at for at, word in enumerate(words) if _is_address_word(word)]
    best = max(named, key=lambda at: (found[at], -at), default=None)
    if best is not None and (found[best] or not found):
        return best
    if found:
        return min(found, key=lambda at: (-found[at], at))
    if width == 1:
        return 0
    raise InvalidInput(
        "The column with the email addresses cannot be detected. Set the parameter email_column to its name in the header, or "
        "to its number, from 1."
    )


def _given_column(header: Sequence[str], words: Sequence[str], width: int, given: str) -> int:
    if (named := _named(given, header, words)) is not None:
        return named
    if given.isascii() and given.isdecimal() and 1 <= int(given[:9]) <= width:
        return int(given) - 1
    there = (
        f"the columns are: {', '.join(header)[:500]}"
        if header
        else f"use a number from 1 to {width}, or set header=yes"
    )
    raise InvalidInput(f"The parameter email_column names no column of this file: {given[:100]!r}; {there}.")


def looks_like_address(cell: str) -> bool:
    """Whether the cell has text, an @, and text with a dot in it."""
    address = cell.strip()
    if not 5 <= len(address) <= _LONGEST_ADDRESS or address.count("@") != 1 or _NOT_IN_ADDRESS(address):
        return False
    local, _, domain = address.partition("@")
    return local != "" and "." in domain[1:-1]


def distinct(names: Sequence[str]) -> list[str]:
    """The names, made distinct: the second `phone` becomes `phone_2`."""
    taken: set[str] = set(names)
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        unlike = name
        while seen[name] > 1 and unlike in taken:
            unlike = f"{name}_{seen[name]}"
            seen[name] += unlike in taken
        taken.add(unlike)
        distinct.append(unlike)
    return distinct
