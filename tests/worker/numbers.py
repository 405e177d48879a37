"""Texts with phone numbers, and their numbers according to libphonenumber, which is given the whole text."""

import random

from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number, region_code_for_number

from md5_service.worker.kinds.phones.found import Found
from md5_task_data.kinds.phones import Phone

NO_LIMIT = 1 << 40  # tries; by default the matcher stops silently after 65,535


def by_library(text: str, region: str) -> list[Found]:
    """What is to be found in a text."""
    return [
        Found(
            each.start,
            each.raw_string,
            format_number(each.number, PhoneNumberFormat.E164),
            each.number.extension,
            None if (code := region_code_for_number(each.number)) == "001" else code,
        )
        for each in PhoneNumberMatcher(text, region, max_tries=NO_LIMIT)
    ]


def numbers_in(text: str, region: str = "US", encoding: str = "utf-8", offset: int = 0) -> list[Phone]:
    """The same as rows. `offset`: the bytes of a mark at the beginning of the file."""
    return [
        Phone(
            offset + len(text[: each.start].encode(encoding, "surrogateescape")),
            text.count("\n", 0, each.start) + 1,
            each.number,
            each.extension,
            each.region,
            each.raw,
        )
        for each in by_library(text, region)
    ]


def log_of(lines: int, seed: int = 1) -> str:
    """A log in which every third line has a number."""
    chance = random.Random(seed)
    number = "2026-12-01 10:00:{:02} [{}] ünit: caller=+1 650 253 {:04} ext {} took {} ms"
    other = "2026-12-01 10:00:{:02} 10.0.{}.7 GET /{} 200 {}"
    return "".join(
        number.format(k % 60, k, chance.randrange(10_000), k % 7, k) + "\n"
        if k % 3 == 0
        else other.format(k % 60, k % 256, k * k, chance.randrange(10**6)) + "\n"
        for k in range(lines)
    )
