"""Cutting a text changes nothing about its numbers: neither at a line feed nor at any place inside a line where it may be cut."""

import random
from collections.abc import Callable
from itertools import pairwise
from re import _parser  # undocumented
from typing import Any

from phonenumbers import PhoneNumberMatcher
from phonenumbers import phonenumbermatcher as library

from md5_service.worker.kinds.phones.candidates import PLACE
from tests.worker.numbers import NO_LIMIT

FRAGMENTS = [
    *(
        "650 253 0000",
        "+1 650-253-0000",
        "(415) 555-2671",
        "030 1234567",
        "1 (650) 253-0000",
        "12345",
        "00",
        "1,2, 3",
        "12,5",
    ),
    *(
        "2012-01-02 08:00",
        "２０１２-01-02 08",
        "12/05/2011",
        "211-227 (2003)",
        "１２３",
        "٣٤",
        "+",
        "＋",
        "-",
        "/",
        "(",
        "]",
        "［",
        "］",
    ),
    *(
        "ext 5",
        " extension 12",
        "x9",
        ";ext=7",
        "#",
        "anexo 3",
        "доб 4",
        "int 4",
        "~",
        ",",
        ", ",
        ",,",
        "..",
        ":",
        "\t",
        "\t\t",
        "x\t\t4",
        "  ",
    ),
    *(
        "é",
        "ph",
        "qq",
        "BB",
        "b",
        "g",
        "kk",
        "ſ",
        "İ",
        "K",
        "\u0301",
        "o\u0301",
        "$",
        "%",
        "€",
        "\udcff",
        "\0",
        "\n",
        "\r\n",
        "電話",
    ),
]
REGIONS = ("US", "DE", "GB", "IN", "AR", "RU", "MX", "IT")

Found = list[tuple[int, str, str]]


def found_in(text: str, region: str, start: int = 0) -> Found:
    matches = PhoneNumberMatcher(text, region, max_tries=NO_LIMIT)
    return [(start + match.start, match.raw_string, str(match.number)) for match in matches]


def cuts_of(text: str) -> list[int]:
    ends = {match.end() for match in PLACE.finditer(text)} | {k + 1 for k, char in enumerate(text) if char == "\n"}
    return sorted(ends - {len(text)})


def test_no_cut_changes_a_number(is_long: bool, figure: Callable[[str], None]) -> None:
    """Other texts each time in the long form."""
    seed = random.randrange(1 << 32) if is_long else 1
    chance = random.Random(seed)
    cuts = numbers = 0
    texts = 200_000 if is_long else 10_000
    for _ in range(texts):
        text = "".join(chance.choices(FRAGMENTS, k=chance.randint(3, 14)))
        region = chance.choice(REGIONS)
        whole, places = found_in(text, region), cuts_of(text)
        cut = [each for a, b in pairwise([0, *places, len(text)]) for each in found_in(text[a:b], region, a)]
        assert cut == whole, (seed, region, text)
        cuts, numbers = cuts + len(places), numbers + len(whole)
    figure(f"seed {seed}: {texts} texts, {cuts} cuts, {numbers} numbers")
    assert cuts > 1000
    assert numbers > 100


def test_every_character_that_a_number_may_contain_is_kept_together() -> None:
    found = characters_of(_parser.parse(library._PATTERN.pattern, library._PATTERN.flags))
    assert len(found) >= 60
    assert {"\t", "x", "доб"[0], "\uff0b", "1"} <= found
    assert [char for char in sorted(found) if PLACE.search(f"{char}b") or PLACE.search(f"b{char}")] == []


def characters_of(parsed: Any) -> set[str]:
    """All characters that a parsed pattern names, and a digit for each class of digits."""
    found: set[str] = set()
    for code, value in parsed:
        match str(code):
            case "LITERAL":
                found.add(chr(value))
            case "RANGE":
                found.update(map(chr, range(value[0], value[1] + 1)))
            case "CATEGORY":
                assert "DIGIT" in str(value)
                found.add("1")
            case "IN":
                found |= characters_of(value)
            case "SUBPATTERN":
                found |= characters_of(value[-1])
            case "BRANCH":
                found |= set().union(*map(characters_of, value[1]))
            case "MAX_REPEAT":
                found |= characters_of(value[2])
            case other:
                raise AssertionError(f"{other} is new")
    return found


def test_there_are_places_in_all_but_odd_texts() -> None:
    """Base64, JSON in one line, hexadecimal digits, numbers separated by commas."""
    chance = random.Random(1)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    texts = {
        "base64": "".join(chance.choices(letters, k=100_000)),
        "hexadecimal": "".join(chance.choices("0123456789abcdef", k=100_000)),
        "json": "".join(f'{{"id":{k},"name":"Ann","mobile":"+1 650 253 {k:04}"}},' for k in range(2000)),
        "numbers": ", ".join(str(chance.random()) for _ in range(5000)),
    }
    for name, text in texts.items():
        places = [0, *cuts_of(text), len(text)]
        assert max(b - a for a, b in pairwise(places)) < 3000, name
