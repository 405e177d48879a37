"""Which digits are a number: the same verdict as by libphonenumber's `parse` and its validation, but sooner.

The digits are first compared with a pattern that all numbers of the region match, and few others (`plans`). What matches is read
as the library reads it, by its own functions, but each step is done once.

This relies on private names of `phonenumbers`, which is pinned. `tests/worker/test_phones_matcher.py` compares the results."""

import functools
from typing import NamedTuple

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    REGION_CODE_FOR_NON_GEO_ENTITY,
    NumberParseException,
    ValidationResult,
    format_number,
    is_valid_number_for_region,
    parse,
    phonenumbermatcher,
    phonenumberutil,
    region_code_for_number,
)
from phonenumbers.phonemetadata import PhoneMetadata
from phonenumbers.phonenumberutil import PhoneNumberFormat
from phonenumbers.re_util import re_compile

from md5_service.worker.kinds.phones.plans import abroad, at_home, code_of, plans_of, requires_prefix, valid

CACHED = 1 << 12  # the library's rules try the same digits several times
_TOO_SHORT = (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY, ValidationResult.INVALID_LENGTH)


class Number(NamedTuple):
    number: str  # E.164
    extension: str | None
    region: str | None


def plain_number(digits: str, region: str, written: str = "") -> Number | None:
    """The valid number that ASCII digits, perhaps after a plus, are if they are dialled in a region. If others follow them, such
    as those of an extension, `written` has all."""
    return _valid_number(digits, region, written or digits) if may_be_number(digits, region) else None


@functools.lru_cache(CACHED)
def _valid_number(digits: str, region: str, written: str) -> Number | None:
    if (read := _read(digits, region)) is None:
        return None
    code, national, is_local = read
    belongs_to = _region(code, national)
    if belongs_to is None or (is_local and _lacks_prefix(written, code, national)):
        return None
    return Number(f"+{code}{national}", None, _named(belongs_to))


def number_with_x(text: str, region: str) -> Number | None:
    """The valid number that a text is, with an "x" before its extension or for the code of a carrier."""
    try:
        number = parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return None
    belongs_to = region_code_for_number(number)
    if (
        belongs_to is None
        or not is_valid_number_for_region(number, belongs_to)
        or not phonenumbermatcher._contains_only_valid_x_chars(number, text)
        or not phonenumbermatcher._is_national_prefix_present_if_required(number)
    ):
        return None
    number.raw_input = None  # which is what a national number of noughts only would be formatted as
    return Number(format_number(number, PhoneNumberFormat.E164), number.extension, _named(belongs_to))


def may_be_number(digits: str, region: str) -> bool:
    """False only if the digits, perhaps after a plus, are no number, with or without an extension after them."""
    if digits.startswith("+"):
        code, national = phonenumberutil._extract_country_code(digits[1:])
        if code:
            return abroad(code).fullmatch(national) is not None
        digits = digits[1:]  # the library takes it for one without a plus
    return at_home(region).fullmatch(digits) is not None


def _read(digits: str, region: str) -> tuple[int, str, bool] | None:
    """The country code, the national number, and whether neither a plus nor digits told the country code. As in `parse`."""
    code, national, plan = 0, digits.removeprefix("+"), PhoneMetadata.metadata_for_region(region)
    has_plus = national != digits
    if has_plus:
        code, rest = phonenumberutil._extract_country_code(national)
        national = rest if code else national
    if not code:
        if plan is None:
            return None
        code, national = _after_country_code(national, plan)
        if not code and (has_plus or not national):
            return None
    is_local = not code
    if code:
        plan = plans_of(code)[0]
    assert plan is not None
    if len(national) < phonenumberutil._MIN_LENGTH_FOR_NSN:
        return None
    _, without_prefix, _ = phonenumberutil._maybe_strip_national_prefix_carrier_code(national, plan)
    if phonenumberutil._test_number_length(without_prefix, plan) not in _TOO_SHORT:
        national = without_prefix
    return code or code_of(plan), national, is_local


def _after_country_code(digits: str, own: PhoneMetadata) -> tuple[int, str]:
    """The country code that the digits begin with, or 0, and the rest; as in the library's `_maybe_extract_country_code`."""
    if own.international_prefix and (abroad := re_compile(own.international_prefix).match(digits)):
        rest = digits[abroad.end() :]
        if not rest.startswith("0"):
            code, national = phonenumberutil._extract_country_code(rest)
            return (code, national) if code else (0, "")
    code = code_of(own)
    if digits.startswith(str(code)):
        national = digits.removeprefix(str(code))
        _, national, _ = phonenumberutil._maybe_strip_national_prefix_carrier_code(national, own)
        is_number = functools.partial(
            phonenumberutil._match_national_number, number_desc=own.general_desc, allow_prefix_match=False
        )
        if (not is_number(digits) and is_number(national)) or (
            phonenumberutil._test_number_length(digits, own) == ValidationResult.TOO_LONG
        ):
            return code, national
    return 0, digits


def _region(code: int, national: str) -> str | None:
    """The region of a number that is valid; None if it is not valid."""
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    for region, plan in zip(regions, plans_of(code), strict=True):
        if len(regions) > 1 and plan.leading_digits is not None:
            if re_compile(plan.leading_digits).match(national):
                return region if valid(code, region).fullmatch(national) else None
        elif valid(code, region).fullmatch(national):
            return region
    return None


def _named(region: str) -> str | None:
    return None if region == REGION_CODE_FOR_NON_GEO_ENTITY else region


def _lacks_prefix(written: str, code: int, national: str) -> bool:
    """As in the library's `_is_national_prefix_present_if_required`."""
    main = plans_of(code)[0]
    chosen = phonenumberutil._choose_formatting_pattern_for_number(main.number_format, national)
    if chosen is None or not requires_prefix(chosen):
        return False
    return not phonenumberutil._maybe_strip_national_prefix_carrier_code(written, main)[2]
