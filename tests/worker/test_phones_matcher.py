"""The numbers of a text are those that libphonenumber finds, and no text is slow to search."""

import random
from collections import Counter
from collections.abc import Callable
from unittest.mock import Mock

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import phone_texts
from md5_service.worker.kinds.phones import matcher, numbering
from md5_service.worker.kinds.phones.matcher import exact
from tests.worker.numbers import by_library

LINES = 6_000  # that are compared in every run; ten times as many with --long
SLOW = 8 << 10  # characters
REGIONS = [*sorted(phonenumbers.SUPPORTED_REGIONS), "ZZ"]
FORMATS = range(4)
SPECIAL = ["US", "DE", "GB", "IN", "AR", "BR", "IT", "JP", "GG", "UY"]  # each with rules of its own
TYPES = [*range(11), 25, 27, 28]

# fmt: off
# What a person, or a program, puts into a number, around it and between two.
SEPARATORS = (
    " ", "-", ".", "/", " (", ") ", "(", ")", "[", "]", "  ", "      ", "\u00a0", "\u00ad", "\u200b", "\u3000", "–", "—", "－",
    "‐", "ー", " - ", "- ", " -", " / ", ". ", "~", "～", "\u223c", "x", "xx", "X", "*", "\t", ",", ", ", ",,", ";", "+",
    "＋", "++", "\n", "\0", "\ud800",
)
EXTENSIONS = (
    " ext. {}", " ext {}", "ext{}", " extension {}", " extensi\u00f3n {}", " extensio\u0301n: {}", ";ext={}", " x{}", " X {}",
    "x{}", "#{}", " #{}", " ＃{}", "～{}", "~{}", " ｅｘｔ{}", " ｘ{}", " int {}", " доб. {}", " ДОБ {}", " anexo {}", " - {}#",
    "-{}#", ", {}", ",,{}", " ext - {}", "xxx{}", " x{}/x{}", "/x{}", " ext {}#", " exten\u017fion {}",
)
AROUND = (
    "", "", "", " ", "a", "z", "é", "ß", "Ж", "中", "ａ", "\u0301", "$", "€", "￥", "%", "‰", "(", ")", "[", "）", "（", "［",
    "+", "＋", "-", ".", ",", ":", ";", "#", "*", "_", "/", "x", "٣", "３", "²", "½", "\ud83d", "\udcff", "😀", "\0", "tel:",
    "Tel.: ", '"', "=", "<", "1", "0", "00", "011 ", " int", " int ", " ext.", " ext ", " x",
)
# fmt: on
CHARACTERS = "0123456789" * 4 + "٣３ -.()/[]+＋xX~#,;:$%aé\u0301ー–\u200b\n\t\0\ud800\U0001d7ce"
NOUGHTS = ("٠", "۰", "०", "０", "𝟎")


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
        nought = ord(rng.choice(NOUGHTS))
        text = "".join(
            chr(nought + int(each)) if each in "0123456789" and rng.random() < 0.9 else each for each in text
        )
    return text


def random_noise(rng: random.Random) -> str:
    """What looks a little like a number."""
    year, month, day, hour = rng.randint(1900, 2100), rng.randint(0, 13), rng.randint(0, 33), rng.randrange(26)
    match rng.randrange(14):
        case 0:
            date = rng.choice(["-", "/", ""]).join((str(year), f"{month:02}", f"{day:02}"))
            return f"{date} {hour:02}:{rng.randrange(70):02}"
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
            return "".join(
                str(rng.randrange(10 ** rng.randint(1, 5))) + rng.choice(SEPARATORS) for _ in range(rng.randint(1, 30))
            )
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
        line += rng.choice(AROUND) + rng.choice(
            ["", "", " ", " or ", " / ", " - ", ", ", "/", " 20", " 1234567890", ":30"]
        )
    return line


def compare(seed: int, lines: int) -> Counter[str]:
    """What was compared; fails at the first line whose numbers differ."""
    rng = random.Random(seed)
    seen = Counter[str]()
    for at in range(lines):
        region = REGIONS[at % len(REGIONS)] if rng.random() < 0.7 else rng.choice(SPECIAL)
        line = random_line(rng, region)
        expected = by_library(line, region)
        assert list(exact(line, region)) == expected, (region, line)
        seen["lines"] += 1
        seen["numbers"] += len(expected)
        seen["with an extension"] += sum(each.extension is not None for each in expected)
        seen["of another region"] += sum(each.region != region for each in expected)
        seen["lines with several"] += len(expected) > 1
    return seen


def test_random_lines_have_the_same_numbers(is_long: bool, figure: Callable[[str], None]) -> None:
    """In all regions; other lines each time in the long form."""
    lines, seed = LINES * (10 if is_long else 1), random.randrange(1 << 32) if is_long else 1
    seen = compare(seed, lines)
    figure(f"seed {seed}: " + ", ".join(f"{count:,} {what}" for what, count in seen.items()))
    assert seen["numbers"] > lines / 5
    assert min(seen.values()) > lines / 100


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(st.text(st.sampled_from(CHARACTERS) | st.characters(), max_size=80), st.sampled_from(SPECIAL))
def test_any_text_has_the_same_numbers(text: str, region: str) -> None:
    assert list(exact(text, region)) == by_library(text, region)


@pytest.mark.parametrize("region", ["US", "DE", "GB", "IN", "ZZ"])
def test_a_file_has_the_same_numbers(region: str) -> None:
    """Of logs, CSV, JSON and prose."""
    [block] = phone_texts.mixed("US" if region == "ZZ" else region, 1 << 15)
    found = list(exact(block, region))
    assert found == by_library(block, region)
    assert len(found) > (10 if region == "ZZ" else 60)
    assert all(block[each.start :].startswith(each.raw) for each in found)


@pytest.mark.parametrize(
    ("region", "text", "numbers"),
    [
        ("US", "(415) 555-0132, 415.555.0133", ["+14155550132", "+14155550133"]),
        ("US", "415-555-0132 ext. 12", ["+14155550132 12"]),
        ("US", "415-555-0132 x12/x13", ["+14155550132 12"]),
        ("US", "4155550132 x 415", ["+14155550132 415"]),
        ("US", "a4155550132 $4155550132 4155550132€ 4155550132", ["+14155550132"]),
        ("US", "(4155550132", ["+14155550132"]),
        ("US", "415-555-0132/415-555-0133", ["+14155550132", "+14155550133"]),
        ("US", "4155550132 4155550133", ["+14155550132", "+14155550133"]),
        ("US", "1112015550123", ["+12015550123"]),  # the country code, and the prefix twice
        ("US", "+1 1 201 555 0123, 011 49 30 901820", ["+12015550123", "+4930901820"]),
        ("US", "+49 1683", ["+491683"]),
        ("US", "310-1234, 911", ["+13101234"]),  # of Canada
        ("US", "2012-01-02 08:00, 20120102 08", ["+12012010208"]),  # a time stamp, and half of one
        ("US", "12/31/2019, 211-227 (2003), 1.2.3.4", []),
        ("US", "٤١٥٥٥٥٠١٣٢ and ４１５－５５５－０１３２", ["+14155550132", "+14155550132"]),
        ("US", "+800 1234 5678", ["+80012345678"]),
        ("DE", "030 901820, 30 901820, 4930901820", ["+4930901820", "+4930901820"]),  # a prefix, none, the country code
        ("DE", "49.825000", ["+49825000"]),
        ("DE", "0030 901820", []),
        ("AR", "011 15 2345-6789", ["+5491123456789"]),
        ("SM", "886377", ["+3780549886377"]),  # a rule makes them longer
        ("AI", "497-2123", ["+12644972123"]),
        ("AM", "0#(010) 123456 x51238)/x5", ["+37410123456 51238"]),
        ("KY", "1 (345)X 222-1234 x6/x6", ["+13452221234"]),
        ("CV", "690001234 int3353641", ["+2383353641"]),
        ("TJ", "000 000000~00", ["+992000000000 00"]),
        (
            "TJ",
            "３1–234～56int 992917123",
            ["+992123456468", "+992992917123"],
        ),  # letters are digits, wide digits are nothing
        ("AM", "8int 9, (010) 123456#12 8", ["+37410123456 12"]),
        ("TT", "345 68 89#97#", ["+18683456889 97"]),
        ("ID", "+6208007234567 x779∼/x22910087", ["+628007234567 779"]),
        ("ZZ", "415-555-0132, +1 415-555-0133, ＋14155550134", ["+14155550133", "+14155550134"]),
        ("US", "", []),
        ("US", "\0\ud800\udcff(((+++", []),
    ],
)
def test_what_is_a_number(region: str, text: str, numbers: list[str]) -> None:
    assert list(exact(text, region)) == by_library(text, region)
    assert [" ".join(filter(None, (each.number, each.extension))) for each in exact(text, region)] == numbers


def test_a_number_of_no_region() -> None:
    assert [each.region for each in exact("+800 1234 5678, +1 340-642-1234, +44 1481 255123", "US")] == [
        None,
        "VI",
        "GG",
    ]


@pytest.mark.parametrize("shape", phone_texts.SLOW)
@pytest.mark.parametrize("region", ["US", "DE", "AR"])
def test_no_text_is_slow(region: str, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps that cost most, by the library, are taken about as often as in a text of many numbers, in which there are four a
    KiB."""
    read = Mock(side_effect=numbering._read)
    parse = Mock(side_effect=phonenumbers.parse)
    monkeypatch.setattr(numbering, "_read", read)
    monkeypatch.setattr(numbering, "parse", parse)
    rng = random.Random(1)
    text = ""
    while len(text) < SLOW:
        text += phone_texts.SLOW[shape](rng) + "\n"
    for each in (matcher._found, numbering._valid_number):
        each.cache_clear()
    list(exact(text, region))
    assert read.call_count + parse.call_count < 12 * len(text) / 1024


def test_the_fast_matcher_finds_plain_numbers() -> None:
    pytest.importorskip("rphonenumbers")
    from md5_service.worker.kinds.phones.fast import fast

    text = "ü😀 \udcff \ud800 call (415) 555-0132 x12, +49 30 901820 or +800 1234 5678; 2012-01-02 08:00"
    assert list(fast(text, "US")) == list(exact(text, "US"))
    assert [each.number for each in fast(text, "US")] == ["+14155550132", "+4930901820", "+80012345678"]
    assert list(fast("", "ZZ")) == []
