"""The numbering plans in libphonenumber's metadata as patterns, one for all numbers of a region or a country code.

This relies on private names of `phonenumbers`, which is pinned; see `numbering`."""

import functools
import re
from collections.abc import Iterator, Sequence

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, phonenumberutil
from phonenumbers.phonemetadata import NumberFormat, PhoneMetadata, PhoneNumberDesc

NO_REGION = "ZZ"

_TYPES = (
    "fixed_line", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail",
)  # fmt: skip
_GROUP = re.compile(r"\((?!\?)")


@functools.cache
def at_home(region: str) -> re.Pattern[str]:
    """What all digits of a number that is written without a plus match, if it is dialled in this region."""
    own = PhoneMetadata.metadata_for_region(region)
    if own is None:
        return re.compile("(?!)")
    code = code_of(own)
    national = _national(code)
    unprefixed = _lengths(code) + _unprefixed(plans_of(code)[0]) + national
    return re.compile("|".join((unprefixed, *_prefixed_ways(own, national))))


@functools.cache
def within(region: str) -> re.Pattern[str]:
    """What is found in all digits of which some are such a number."""
    own = PhoneMetadata.metadata_for_region(region)
    if own is None:
        return re.compile("(?!)")
    national = _national(code_of(own))
    return re.compile("|".join((national, *_prefixed_ways(own, national))).replace("$", ""))


def _prefixed_ways(own: PhoneMetadata, national: str) -> Iterator[str]:
    """To dial a national number, and numbers abroad."""
    code = code_of(own)
    yield _prefixed(own, "only", national)
    # After the country code, the library removes up to two prefixes, the second as in the main region.
    yield f"{code}{_prefixed(own, 'first', _prefixed(plans_of(code)[0], 'second', national, '?'), '?')}"
    if own.international_prefix:
        yield rf"(?:{own.international_prefix})[1-9]\d{{5,}}"


@functools.cache
def abroad(code: int) -> re.Pattern[str]:
    """What the digits that follow a country code match."""
    return re.compile(_prefixed(plans_of(code)[0], "only", _national(code), "?"))


@functools.cache
def valid(code: int, region: str) -> re.Pattern[str]:
    """What every valid number of a region matches, and nothing else; as in the library's `_number_type_helper`."""
    plan = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    assert plan is not None
    assert plan.general_desc is not None
    return re.compile(f"(?={_described(plan.general_desc)})(?:{'|'.join(map(_described, _types(plan)))})")


def _described(desc: PhoneNumberDesc) -> str:
    lengths = "|".join(rf"\d{{{length}}}" for length in desc.possible_length)
    return f"(?=(?:{lengths})$)(?:{desc.national_number_pattern})$"


def _national(code: int) -> str:
    """What all numbers of a country code match, and few others, up to the end."""
    types = (each for plan in plans_of(code) for each in _types(plan))
    numbers = "|".join(dict.fromkeys(f"(?:{each.national_number_pattern})" for each in types))
    return f"{_lengths(code)}(?:{numbers})$"


def _lengths(code: int) -> str:
    """To begin a pattern with, for others are soon dismissed."""
    lengths = [length for plan in plans_of(code) for each in _types(plan) for length in each.possible_length]
    return rf"(?=\d{{{min(lengths)},{max(lengths)}}}+$)"


def _types(plan: PhoneMetadata) -> Iterator[PhoneNumberDesc]:
    for name in _TYPES if plan.same_mobile_and_fixed_line_pattern else (*_TYPES, "mobile"):
        desc: PhoneNumberDesc | None = getattr(plan, name)
        if desc is not None and desc.national_number_pattern:
            yield desc


def _prefixed(metadata: PhoneMetadata, name: str, national: str, times: str = "") -> str:
    """A national number behind a prefix. If the prefix's last group takes part, a rule makes it part of another number."""
    prefix = metadata.national_prefix_for_parsing
    if not prefix:
        return national if times else "(?!)"
    if not metadata.national_prefix_transform_rule:
        return f"(?:{_grouped(prefix)}){times}{national}"
    *others, last = _GROUP.split(prefix)
    return f"(?:{'(?:'.join(others)}(?P<{name}>{last}){times}(?({name})\\d*|{national})"


def _unprefixed(main: PhoneMetadata) -> str:
    """Nothing, before a number that is not one without its prefix: the format of most numbers of some countries requires it."""
    required, others = list[str](), ["(?!)"]
    for each in main.number_format:
        digits = f"(?={each.leading_digits_pattern[-1]})" if each.leading_digits_pattern else ""
        assert each.pattern is not None
        (required if requires_prefix(each) else others).append(f"{digits}{_grouped(each.pattern)}$")
    if not required:
        return ""
    prefix = f"(?={_grouped(main.national_prefix_for_parsing)})|" if main.national_prefix_for_parsing else ""
    return f"(?:{prefix}(?!{'|'.join(required)})|(?={'|'.join(others)}))"


def requires_prefix(chosen: NumberFormat) -> bool:
    rule = chosen.national_prefix_formatting_rule
    return bool(
        rule
        and not chosen.national_prefix_optional_when_formatting
        and not phonenumberutil._formatting_rule_has_first_group_only(rule)
    )


def _grouped(pattern: str) -> str:
    """The pattern without numbered groups."""
    return _GROUP.sub("(?:", pattern)


def code_of(metadata: PhoneMetadata) -> int:
    assert metadata.country_code is not None
    return metadata.country_code


@functools.cache
def plans_of(code: int) -> Sequence[PhoneMetadata]:
    """The plans of a country code; the first is that of its main region."""
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    found = (PhoneMetadata.metadata_for_region_or_calling_code(code, each) for each in regions)
    return [each for each in found if each is not None]


@functools.cache
def fewest_digits(region: str) -> int:
    """Of a number that is written without a plus in this region, or with one, for which the region is ZZ."""
    codes = COUNTRY_CODE_TO_REGION_CODE
    with_plus = min(len(str(code)) + _shortest(each) - _added(each) for code in codes for each in plans_of(code))
    own = PhoneMetadata.metadata_for_region(region)
    if own is None:
        return with_plus
    return min(with_plus + 1, _shortest(own) - _added(own), *map(_shortest, plans_of(code_of(own))))


def _shortest(metadata: PhoneMetadata) -> int:
    assert metadata.general_desc is not None
    return min(metadata.general_desc.possible_length)


def _added(metadata: PhoneMetadata) -> int:
    """The digits that a rule may add to a number."""
    return len(re.sub(r"\\\d", "", metadata.national_prefix_transform_rule or ""))
