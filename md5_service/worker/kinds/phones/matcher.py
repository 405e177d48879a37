"""The phone numbers of a text: exactly those that libphonenumber's `PhoneNumberMatcher` finds at leniency VALID, but sooner.

The library spends its time on candidates that are no numbers: dates, amounts, ids. Here too its pattern finds the candidates and
its rules take them apart, but one pattern skips most of them, the pieces of the others are judged by their digits before they
are cut out, and only digits that may be a number are read.

This relies on private names of `phonenumbers`, which is pinned. `tests/worker/test_phones_matcher.py` compares the results."""

import functools
import re
import string
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from phonenumbers import phonenumbermatcher as library
from phonenumbers import phonenumberutil, re_util

from md5_service.worker.kinds.phones.found import Found
from md5_service.worker.kinds.phones.numbering import Number, may_be_number, number_with_x, plain_number
from md5_service.worker.kinds.phones.plans import NO_REGION, at_home, fewest_digits, within

CACHED = 1 << 12  # candidates; logs repeat dates and addresses
FEW = 20  # digits; among more there nearly always are some that may be a number

_OPENING = r"(\[\uFF08\uFF3B"
_DIGITS = re.compile(r"\d+")
_ASCII_DIGITS = re.compile("[0-9]+")
_LETTERS = re.compile(r"[A-Za-z]")
_KEYS = str.maketrans(string.ascii_letters, "22233344455566677778889999" * 2)
# After a pair of "x" there must be a national number, which has three digits at least, and more unless a rule adds some.
_CARRIER = re.compile(r"xx(?!.*xx)(?=(?:\D*\d){3})", re.IGNORECASE)
_BREAK = re.compile(r"[\s/(.\u2012-\u2015\uFF0D]")  # without one of them, a candidate has no pieces
_PUNCTUATION = phonenumberutil._VALID_PUNCTUATION
_NO_LABEL = re.sub("[x~\uff5e]", "", _PUNCTUATION)  # these may begin an extension
# Of the digits of this, with or without a plus, each number in it is made: it has no extension and no "x".
_PLAIN = re.compile(rf"[{_OPENING}\s]*[+\uFF0B]*[{_NO_LABEL}\d]*")
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
    if ("/" in candidate and library._SLASH_SEPARATED_DATES.search(candidate)) or (
        is_time and library._TIME_STAMPS.search(candidate)
    ):
        return None
    for start, piece, digits in _likely(candidate, region):
        end = start + len(piece)
        if ("(" in piece and library._PUB_PAGES.search(piece)) or not library._MATCHING_BRACKETS.fullmatch(piece):
            continue
        if (_spoils(candidate[end]) if end < len(candidate) else is_spoilt_after) or (
            (_spoils(candidate[start - 1]) if start else is_spoilt_before) and not library._LEAD_PATTERN.match(piece)
        ):
            continue
        number = plain_number(digits, region) if _PLAIN.fullmatch(piece) else _odd_number(piece, digits, region)
        if number is not None:
            return start, piece, number
    return None


def _likely(candidate: str, region: str) -> Iterator[tuple[int, str, str]]:
    """What may be a number in a candidate, in the library's order: its index, it, and its digits, after its plus."""
    groups = _DIGITS.findall(candidate)
    digits = _ascii("".join(groups))
    plain = _PLAIN.match(candidate)
    assert plain is not None  # it matches nothing, too
    odd = plain.end()
    letters = 0 if odd == len(candidate) else len(_LETTERS.findall(candidate, odd))
    plus = max(candidate.rfind("+"), candidate.rfind("\uff0b"))
    fewest = fewest_digits(region) if plus < 0 else min(fewest_digits(region), fewest_digits(NO_REGION))
    if len(digits) + letters < fewest:
        return
    if len(digits) <= FEW and plus < 0:
        has_number = within(region).search
        if not has_number(digits) and (letters < 3 or not has_number(_spelt(candidate))):
            return
    before = [0, *accumulate(map(str.isdecimal, candidate))]  # the digits before each index of the candidate
    ends = [0, *accumulate(map(len, groups))]  # of the groups, in digits
    is_at_home = at_home(region).fullmatch
    for tried, (start, end) in enumerate(_pieces(candidate, fewest)):
        first, last = before[start], before[end]
        own = digits[first:last]
        if start > plus:
            is_likely = is_at_home(own) is not None
        else:
            own = "+" + own
            is_likely = may_be_number(own, region)
        if not is_likely and end > odd and first < last:
            number = digits[first : ends[bisect_left(ends, last) - 1]]  # an extension is the last group
            is_likely = is_at_home(number) is not None if start > plus else may_be_number("+" + number, region)
            if not is_likely and letters >= 3:  # they may be digits
                is_likely = _CARRIER.search(candidate, start, end) is not None or (
                    (len(number) < 3 or last == ends[-2])
                    and (start <= plus or is_at_home(_spelt(candidate[start:end])) is not None)
                )
        if is_likely:
            yield start, _trimmed(candidate[start:end]) if tried else candidate, own


def _pieces(candidate: str, fewest: int) -> Iterator[tuple[int, int]]:
    """All of a candidate, then what is between slashes, between brackets and so on, if it has so many digits and letters."""
    yield 0, len(candidate)
    if _BREAK.search(candidate) is None:
        return
    for sign, breaks, inner in _inner(fewest):
        if sign in candidate and (first := breaks.search(candidate)):
            if first.start() >= fewest:
                yield 0, first.start()
            for each in inner.finditer(candidate, first.start()):
                yield each.span(1)


@functools.cache
def _inner(fewest: int) -> Sequence[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """What each of the library's `_INNER_MATCHES` needs, itself, and a pattern of those of its matches that have so many digits
    and letters. What another match may begin with is not consumed."""
    to_end = rf"(?=((?:\W*+\w){{{fewest}}}.*+))"
    patterns = {
        rf"/++{to_end}": "/",
        rf"(\((?:[^\w(]*+\w){{{fewest}}}[^(]*+)": "(",
        rf"(?:\s(?=-)|-(?=\s))(?=[\s-]\s*+{to_end})": "-",
        rf"[\u2012-\u2015\uFF0D]\s*+{to_end}": "",
        rf"\.++\s*+((?:[^\w.]*+\w){{{fewest}}}[^.]*+)": ".",
        rf"\s++((?:[^\w\s]*+\w){{{fewest}}}\S*+)": "",
    }
    return [
        (sign, breaks, re.compile(inner))
        for breaks, (inner, sign) in zip(library._INNER_MATCHES, patterns.items(), strict=True)
    ]


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
    """The number of a piece with these digits that may have an extension."""
    if _WRONG_X.search(piece):
        return None
    body = phonenumberutil._extract_possible_number(piece)
    extension, number = phonenumberutil._maybe_strip_extension(body)
    dialled = _spelt(number) if len(_LETTERS.findall(number)) >= 3 else _ascii("".join(_DIGITS.findall(number)))
    if digits.startswith("+"):
        dialled = "+" + dialled
    if not may_be_number(dialled, region):
        return None
    if "x" in piece.lower() or len(piece) > phonenumberutil._MAX_INPUT_STRING_LENGTH:
        return number_with_x(piece, region)
    found = plain_number(dialled, region, digits) if phonenumberutil._is_viable_phone_number(body) else None
    return found._replace(extension=extension or None) if found else None


def _spelt(text: str) -> str:
    """The digits that the library reads if it takes letters for digits; it then drops digits that are not ASCII."""
    return "".join(_ASCII_DIGITS.findall(text.translate(_KEYS)))


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
