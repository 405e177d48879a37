"""The phone numbers of a text: exactly those that libphonenumber's `PhoneNumberMatcher` finds at leniency VALID, but sooner.

The library spends its time on candidates that are no numbers: dates, amounts, ids. Here too its pattern finds the candidates and
its rules take them apart, but one pattern skips most of them, and only digits that may be a number are read.

This relies on private names of `phonenumbers`, which is pinned. `tests/worker/test_phones_matcher.py` compares the results."""

import functools
import re
from collections.abc import Iterator
from itertools import accumulate

from phonenumbers import phonenumbermatcher as library
from phonenumbers import phonenumberutil, re_util

from md5_service.worker.kinds.phones.found import Found
from md5_service.worker.kinds.phones.numbering import Number, may_be_number, number_with_extension, plain_number
from md5_service.worker.kinds.phones.plans import NO_REGION, at_home, fewest_digits

CACHED = 1 << 12  # candidates; logs repeat dates and addresses

_OPENING = r"(\[\uFF08\uFF3B"
_PLUS = re.compile(r"[+\uFF0B]")
_DIGITS = re.compile(r"\d+")
_START = re.compile(r"[\d+\uFF0B]")
_LETTERS = re.compile(r"[A-Za-z]")
_BREAK = re.compile(r"[\s/(.\u2012-\u2015\uFF0D]")  # without one of them, a candidate has no pieces
_PUNCTUATION = phonenumberutil._VALID_PUNCTUATION
_NO_LABEL = re.sub("[x~\uff5e]", "", _PUNCTUATION)  # these may begin an extension
# A candidate of whose digits, with or without a plus, each number in it is made: it has no extension and no "x".
_PLAIN = re.compile(rf"[{_OPENING}\s]*([+\uFF0B]*)[{_NO_LABEL}\d]*")
_EXTENDED = re.compile(rf"{_PLAIN.pattern}(?:{phonenumberutil._EXTN_PATTERNS_FOR_MATCHING})", re.IGNORECASE)
# What follows an "x" that is not one of a pair must be the extension: one group of digits.
_WRONG_X = re.compile(r"(?<!x)x(?:xx)*(?!x)(?:\D*\d+\D+\d|\D+$)", re.IGNORECASE)


def exact(text: str, region: str) -> Iterator[Found]:
    """The numbers of a text; `region` is a code that the library supports, or ZZ for numbers in international format only. No
    number crosses the ends of the text."""
    re_util.enable_pattern_cache()
    hopeless = _hopeless(region)
    at = 0
    while match := hopeless.match(text, at):
        start = match.end()
        if start == len(text):
            return
        match = library._PATTERN.match(text, start)
        if match is None:
            at = start + 1
            continue
        candidate = match.group()
        if "x" in candidate and (second := phonenumberutil._SECOND_NUMBER_START_PATTERN.search(candidate)):
            candidate = candidate[: second.start()]
        at = start + len(candidate)
        found = _found(
            candidate,
            start > 0 and _spoils(text[start - 1]),
            at < len(text) and _spoils(text[at]),
            library._TIME_STAMPS_SUFFIX.match(text, at) is not None,
            region,
        )
        if found is not None:
            offset, raw, (number, extension, belongs_to) = found
            at = start + offset + len(raw)
            yield Found(start + offset, raw, number, extension, belongs_to)


@functools.lru_cache(CACHED)
def _found(
    candidate: str, is_spoilt_before: bool, is_spoilt_after: bool, is_time: bool, region: str
) -> tuple[int, str, Number] | None:
    """The first number in a candidate, with its index."""
    if library._SLASH_SEPARATED_DATES.search(candidate) or (is_time and library._TIME_STAMPS.search(candidate)):
        return None
    plain = _PLAIN.fullmatch(candidate)
    digits = _ascii("".join(_DIGITS.findall(candidate)))
    before: list[int] = []  # at each index of the candidate, the number of digits before it
    fewest = fewest_digits(region)
    if _PLUS.search(candidate):
        fewest = min(fewest, fewest_digits(NO_REGION))
    if not plain and len(_LETTERS.findall(candidate)) >= 3:
        fewest = 1  # the library may take the letters for digits
    for tried, (start, end) in enumerate(_pieces(candidate)):
        if tried and not before:
            before = [0, *accumulate(map(str.isdecimal, candidate))]
        own = digits[before[start] : before[end]] if tried else digits
        if len(own) < fewest:
            continue
        if plain:
            number = plain_number("+" + own if plain.end(1) > max(start, plain.start(1)) else own, region)
        else:
            number = _odd_number(_trimmed(candidate[start:end]) if tried else candidate, own, region)
        if number is None:
            continue
        piece = _trimmed(candidate[start:end]) if tried else candidate
        end = start + len(piece)
        if library._PUB_PAGES.search(piece) or not library._MATCHING_BRACKETS.fullmatch(piece):
            continue
        if (_spoils(candidate[end]) if end < len(candidate) else is_spoilt_after) or (
            (_spoils(candidate[start - 1]) if start else is_spoilt_before) and not library._LEAD_PATTERN.match(piece)
        ):
            continue
        return start, piece, number
    return None


def _pieces(candidate: str) -> Iterator[tuple[int, int]]:
    """What may be a number in a candidate, in the library's order: all of it, or what is between slashes, brackets and so on."""
    yield 0, len(candidate)
    if _BREAK.search(candidate) is None:
        return
    for breaks in library._INNER_MATCHES:
        match, last = breaks.search(candidate), (0, 0)
        if match:
            yield 0, match.start()
        while match:
            if (span := match.span(1)) != last:
                yield span
            last = span
            match = breaks.search(candidate, match.start() + 1)


def _trimmed(piece: str) -> str:
    if piece[-1:].isalnum():
        return piece
    unwanted = phonenumberutil._UNWANTED_END_CHAR_PATTERN.search(piece)
    return piece[: unwanted.start()] if unwanted else piece


@functools.lru_cache(CACHED)
def _spoils(character: str) -> bool:
    """Whether what is next to this character is no number: a latin letter, a currency or a percent sign."""
    judge = library.PhoneNumberMatcher
    return judge._is_invalid_punctuation_symbol(character) or judge._is_latin_letter(character)


def _odd_number(piece: str, digits: str, region: str) -> Number | None:
    """The number of a piece with these digits, of a candidate that is not plain."""
    plus = "+" if _PLUS.search(piece) else ""
    if _PLAIN.fullmatch(piece):
        return plain_number(plus + digits, region)
    if _WRONG_X.search(piece):
        return None
    body = piece[start.start() :] if (start := _START.search(piece)) else ""  # what the library reads
    has_letters = len(_LETTERS.findall(body)) >= 3
    number = digits[: -len(_DIGITS.findall(piece)[-1])]  # an extension is the last group
    may_be = may_be_number(plus + number, region)
    if has_letters:
        may_be = may_be or not _EXTENDED.fullmatch(body)
    elif not may_be and may_be_number(plus + digits, region):
        may_be = len(number) < 3 or not _EXTENDED.fullmatch(body)
    return number_with_extension(piece, region) if may_be else None


@functools.cache
def _hopeless(region: str) -> re.Pattern[str]:
    """Matches up to the next candidate that may be a number. It skips what is no candidate, candidates of too few digits, digits
    that are no number of the region, and time stamps: most of a text."""
    start, no_x = rf"{_OPENING}+\uFF0B", _PUNCTUATION.replace("x", "")
    fewest, digits = fewest_digits(region), rf"\d(?:[{no_x}]{{0,4}}\d)"
    few = rf"(?:[{_OPENING}][{no_x}]{{0,4}}+){{0,2}}+{digits}{{0,{fewest - 2}}}+"
    few_after_plus = (
        rf"(?=[^\d+\uFF0B]{{0,5}}[+\uFF0B])(?:[{start}][{no_x}]{{0,4}}+){{1,2}}+"
        rf"{digits}{{0,{min(fewest, fewest_digits(NO_REGION)) - 2}}}+"
    )
    number = at_home(region).pattern.replace("$", r"(?!\d)")
    no_number = rf"[{_OPENING}]?(?!(?:{number})(?!\d))[0-9]{{{fewest},20}}+"
    no_start = rf"[{start}](?!(?i:[{_PUNCTUATION}]{{0,4}}(?:[{start}][{_PUNCTUATION}]{{0,4}})?\d))"
    goes_on = rf"(?i:[{_PUNCTUATION}]{{0,4}}\d|{phonenumberutil._EXTN_PATTERNS_FOR_MATCHING})"
    time_stamp = library._TIME_STAMPS.pattern.replace(" +", " {1,4}").replace("$", r"(?=:[0-5]\d)")
    other = rf"[^\d{start}]*+"
    return re.compile(
        rf"{other}(?:(?:(?:{few}|{few_after_plus}|{no_number})(?!{goes_on})|{no_start}|{time_stamp}){other})*+"
    )


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else f"{int(digits):0{len(digits)}}"
