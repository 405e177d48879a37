"""The numbers of a text are those that libphonenumber finds, and no text is slow to search."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumber, PhoneNumberMatcher

from bench import phone_texts
from md5_service.worker.kinds.phones import matcher
from md5_service.worker.kinds.phones.fast import fast
from md5_service.worker.kinds.phones.found import Found
from md5_service.worker.kinds.phones.matcher import exact

LINES = 20_000  # that are compared in every run; ten times as many with --long
ALL = 1 << 40  # tries
REGIONS = [*sorted(phonenumbers.SUPPORTED_REGIONS), "ZZ"]
FORMATS = range(4)
TYPES = [*range(11), 25, 27, 28]

# What a person, or a program, puts into a number, around it and between two.
SEPARATORS = (
    " ", "-", ".", "/", " (", ") ", "(", ")", "[", "]", "  ", "      ", "\u00a0", "\u00ad", "\u200b", "\u3000", "–", "—", "－", "‐", "ー",
    " - ", "- ", " -", " / ", ". ", "~", "～", "\u223c", "x", "xx", "X", "*", "\t", ",", ", ", ",,", ";", "+", "＋", "++", "\n", "\0", "\ud800",
)  # fmt: skip
EXTENSIONS = (
    " ext. {}", " ext {}", "ext{}", " extension {}", " extensi\u00f3n {}", " extensio\u0301n: {}", ";ext={}", " x{}", " X {}", "x{}", "#{}", " #{}",
    " ＃{}", "～{}", "~{}", " ｅｘｔ{}", " ｘ{}", " int {}", " доб. {}", " ДОБ {}", " anexo {}", " - {}#", "-{}#", ", {}", ",,{}", " ext - {}", "xxx{}",
    " x{}/x{}", "/x{}", " ext {}#", " exten\u017fion {}",
)  # fmt: skip
AROUND = (
    "", "", "", " ", "a", "z", "é", "ß", "Ж", "中", "ａ", "\u0301", "$", "€", "￥", "%", "‰", "(", ")", "[", "）", "（", "［", "+", "＋", "-", ".", ",", ":", ";",
    "#", "*", "_", "/", "x", "٣", "３", "²", "½", "\ud83d", "\udcff", "😀", "\0", "tel:", "Tel.: ", '"', "=", "<", "1", "0", "00", "011 ",
)  # fmt: skip
NINES = ("٠", "۰", "०", "０", "𝟎")  # the noughts of other digits


class Case(NamedTuple):
    text: str
    region: str


def by_library(text: str, region: str) -> list[Found]:
    return [
        Found(each.start, each.raw_string, e164(each.number), each.number.extension, region_of(each.number))
        for each in PhoneNumberMatcher(text, region, max_tries=ALL)
    ]


def e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def region_of(number: PhoneNumber) -> str | None:
    region = phonenumbers.region_code_for_number(number)
    return None if region == "001" else region


def random_number(rng: random.Random, region: str) -> str:
    """As it is written in this region, more or less."""
    if rng.random() < 0.03:
        code = rng.choice(sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS))
        number = phonenumbers.example_number_for_non_geo_entity(code)
    else:
        home = region if region != "ZZ" and rng.random() < 0.6 else rng.choice(REGIONS[:-1])
        number = phonenumbers.example_number_for_type(home, rng.choice(TYPES)) or phonenumbers.example_number(home)
    assert number is not None
    national = phonenumbers.national_significant_number(number)
    prefix = phonenumbers.ndd_prefix_for_region(region, True) or ""
    match rng.randrange(12):
        case 0 | 1 | 2 | 3:
            text = phonenumbers.format_number(number, rng.choice(FORMATS))
        case 4 if region != "ZZ":
            text = phonenumbers.format_out_of_country_calling_number(number, region)
        case 5:
            text = phonenumbers.format_national_number_with_carrier_code(number, str(rng.randrange(10, 100)))
        case 6:
            text = f"{number.country_code}{prefix * rng.randrange(3)}{national}"
        case 7:
            text = f"{prefix * rng.randint(1, 3)}{national}"
        case 8:
            text = f"{rng.choice(['+', '00', '011', '0', '+0', '++', '+ ', '＋', '(+'])}{number.country_code}{prefix}{national}"
        case 9:
            text = national[rng.randrange(len(national) - 1) :]  # a local number
        case 10:
            text = "".join(digit + rng.choice(SEPARATORS) * (rng.random() < 0.3) for digit in national)
        case _:
            text = phonenumbers.format_number(number, 2)
    if rng.random() < 0.4:  # vary the digits
        text = "".join(rng.choice("0123456789") if each.isdigit() and rng.random() < 0.15 else each for each in text)
    if rng.random() < 0.25:
        text += rng.choice(EXTENSIONS).replace("{}", str(rng.randrange(10 ** rng.randint(1, 8))))
    written = list(text)
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 4])):
        at = rng.randrange(len(written))
        written[at : at + rng.randint(0, 1)] = rng.choice([*SEPARATORS, *"0123456789"])
    text = "".join(written)
    if rng.random() < 0.05:
        nought = ord(rng.choice(NINES))
        text = "".join(chr(nought + int(each)) if each in "0123456789" and rng.random() < 0.9 else each for each in text)
    return text


def random_noise(rng: random.Random) -> str:
    """What looks a little like a number."""
    year, month, day, hour = rng.randint(1900, 2100), rng.randint(0, 13), rng.randint(0, 33), rng.randrange(26)
    match rng.randrange(14):
        case 0:
            return f"{year}{rng.choice(['-', '/', ''])}{month:02}{rng.choice(['-', '/', ''])}{day:02} {hour:02}:{rng.randrange(70):02}"
        case 1:
            return f"{day}/{month}/{rng.choice([year, year % 100])}"
        case 2:
            return f"{rng.randrange(400)}{rng.choice(['-', '--', '.'])}{rng.randrange(400)} ({year}"
        case 3:
            return f"{rng.randrange(100)}({rng.randrange(10)}): {rng.randrange(500)}-{rng.randrange(500)} ({year})."
        case 4:
            return ".".join(str(rng.randrange(256)) for _ in range(4))
        case 5:
            return f"${rng.randrange(10**6)}.{rng.randrange(100):02}"
        case 6:
            return str(rng.randrange(10 ** rng.randint(1, 24)))
        case 7:
            return f"{rng.randrange(10**9)}x{rng.randrange(10**4)}x{rng.randrange(100)}"
        case 8:
            return f"{rng.getrandbits(64):016x}-{rng.getrandbits(32):08x}"
        case 9:
            return "".join(str(rng.randrange(10 ** rng.randint(1, 5))) + rng.choice(SEPARATORS) for _ in range(rng.randint(1, 30)))
        case 10:
            return f"{rng.randrange(10**4)} ext {rng.choice(['', '- ', '. '])}{rng.randrange(10**6)}"
        case 11:
            return rng.choice(["+", "＋", "(", "((", "+(", "(+"]) + str(rng.randrange(10 ** rng.randint(1, 15)))
        case 12:
            return f"{rng.randrange(1000)} - {rng.randrange(10**7)} / {rng.randrange(10**7)}"
        case _:
            return "".join(rng.choices("0123456789 -.()/+x#,", k=rng.randint(1, 40)))


def random_line(rng: random.Random, region: str) -> str:
    line = ""
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
        line += rng.choice(AROUND)
        line += random_number(rng, region) if rng.random() < 0.7 else random_noise(rng)
        line += rng.choice(AROUND) + rng.choice(["", "", " ", " or ", " / ", " - ", ", ", "/", " 20", " 1234567890", ":30"])
    return line


def compare(seed: int, lines: int) -> Counter[str]:
    """What was compared; fails at the first line whose numbers differ."""
    rng = random.Random(seed)
    seen = Counter[str]()
    for at in range(lines):
        region = REGIONS[at % len(REGIONS)] if rng.random() < 0.7 else rng.choice(["US", "DE", "GB", "IN", "AR", "BR", "IT", "JP"])
        line = random_line(rng, region)
        expected = by_library(line, region)
        assert list(exact(line, region)) == expected, (region, line)
        seen += Counter(
            lines=1,
            numbers=len(expected),
            extensions=sum(each.extension is not None for each in expected),
            foreign=sum(each.region != region for each in expected),
        )
    return seen
