"""A third party's CSV of contacts, the same in each run, and the result that a plain pass over it predicts."""

import csv
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

HEADER = ("name", "email", "phone", "company", "city")
INVALID, REPEATED, KNOWN = 0.05, 0.20, 0.20  # of all rows
CHUNK = 20_000  # addresses that a process checks at a time

FIRST = ("Anna", "Boris", "Chloé", "Dmitrij", "Élise", "Fatma", "Günter", "Helena", "Ivan", "João", "Katarzyna", "Liam")
LAST = ("Müller", "Smith", "Иванова", "García", "Nowak", "O'Neill", "Øster", "Rossi", "Silva", "Tanaka", "van Dijk")
PLAIN = ("anna", "b.smith", "chloe_m", "d-ivanov", "elise", "fatma", "guenter.mueller", "h.nowak", "info", "joao.silva")
DOMAINS = ("gmail.com", "example.org", "mail.example.co.uk", "firma-nord.de", "post.fr", "web.example.net", "shop24.pl")
COMPANIES = ("Acme GmbH", "Nordwind AG", "Smith & Sons", "Banque du Sud", "ООО Ромашка", "Kowalski", "Tanaka Trading")
CITIES = ("Berlin", "Kraków", "Lyon", "Москва", "New York", "São Paulo", "Tokyo", "Utrecht", "Zürich")
WRONG = ("no-at-sign{}.example.org", "two@at{}@example.org", "a space{}@example.org", ".dot{}@example.org", "", "at-{}@",
         "dot{}.@example.org", "@example{}.org", "under{}@_score_.com", "someone{}@localhost", "a@b..org{}",
         "long{}@" + "long" * 20 + ".org")  # fmt: skip


class Counts(NamedTuple):
    """Each row is counted in exactly one of the last three."""

    rows: int
    inserted: int
    duplicate: int
    invalid: int


class Files(NamedTuple):
    """`known`: its addresses are in the table before `new` is loaded."""

    known: Path
    new: Path
    counts: Counts


def make_files(folder: Path, rows: int) -> Files:
    """Files with this many rows, of which 5 % are invalid, 20 % repeat an address of the file and 20 % have a known address."""
    chance = random.Random(rows)
    known, new = folder / f"known-{rows}.csv", folder / f"new-{rows}.csv"
    _write(known, (_row(chance, _address(number)) for number in range(int(rows * KNOWN))))
    _write(new, _rows(chance, rows))
    return Files(known, new, _counted(known, new))


def records(path: Path) -> Iterator[list[str]]:
    """The records without the header."""
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter=";")
        next(reader)
        yield from reader


def _rows(chance: random.Random, rows: int) -> Iterator[tuple[str, ...]]:
    known = int(rows * KNOWN)
    news = 0
    for number in range(rows):
        dice = chance.random()
        if dice < INVALID:
            row = _row(chance, chance.choice(WRONG).format(number))
            yield chance.choice((row, row, row, row, row[:1], ("",) * len(HEADER)))
        elif dice < INVALID + REPEATED and news:
            address = _address(known + chance.randrange(news))
            yield _row(chance, chance.choice((address, address.upper(), f" {address}")))
        elif dice < INVALID + REPEATED + KNOWN:
            yield _row(chance, _address(number % known))
        else:
            yield _row(chance, _address(known + news))
            news += 1


def _address(number: int) -> str:
    """One in 200 has non-ASCII letters."""
    domain = "bücher-laden.de" if number % 200 == 0 else DOMAINS[number % len(DOMAINS)]
    return f"{PLAIN[number % len(PLAIN)]}{number}@{domain}"


def _row(chance: random.Random, address: str) -> tuple[str, ...]:
    """One company in 20 must be quoted; one in 2,000 spans two lines."""
    dice = chance.random()
    company = chance.choice(COMPANIES)
    if dice < 0.05:
        company = f'{company}; "the\nfirst"' if dice < 0.0005 else f'{company}; "the first"'
    phone = f"+{chance.randrange(1, 99)} {chance.randrange(100, 999)} {chance.randrange(10**6, 10**7)}"
    return f"{chance.choice(FIRST)} {chance.choice(LAST)}", address, phone, company, chance.choice(CITIES)


def _write(path: Path, rows: Iterator[tuple[str, ...]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        writer.writerows(rows)


def _counted(known: Path, new: Path) -> Counts:
    with ProcessPoolExecutor(2) as processes:
        seen = {key for keys in processes.map(_keys, _chunks(known)) for key in keys}
        rows = invalid = 0
        before = len(seen)
        for keys in processes.map(_keys, _chunks(new)):
            rows += len(keys)
            invalid += keys.count(None)
            seen.update(keys)
    inserted = len(seen - {None}) - before
    return Counts(rows, inserted, rows - invalid - inserted, invalid)


def _chunks(path: Path) -> Iterator[list[str]]:
    addresses = [cells[1] if len(cells) > 1 else "" for cells in records(path)]
    return (addresses[start : start + CHUNK] for start in range(0, len(addresses), CHUNK))


def _keys(addresses: list[str]) -> list[str | None]:
    return [key_of(address) for address in addresses]


def key_of(address: str) -> str | None:
    """The obvious way to normalise an address. None: not an address."""
    try:
        valid = validate_email(address.strip(), check_deliverability=False)
    except EmailNotValidError:
        return None
    return f"{valid.local_part}@{valid.ascii_domain}".lower()
