"""The numbers of a text according to libphonenumber, which is given the whole of it."""

from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number, region_code_for_number

from md5_task_data.kinds.phones import Phone

NO_LIMIT = 1 << 40  # tries; by default the matcher stops silently after 65,535


def numbers_in(text: str, region: str = "US", encoding: str = "utf-8", offset: int = 0) -> list[Phone]:
    """`offset`: the bytes of a mark at the beginning of the file."""
    return [
        Phone(
            offset + len(text[: match.start].encode(encoding, "surrogateescape")),
            text.count("\n", 0, match.start) + 1,
            format_number(match.number, PhoneNumberFormat.E164),
            match.number.extension,
            None if (code := region_code_for_number(match.number)) in ("001", None) else code,
            match.raw_string,
        )
        for match in PhoneNumberMatcher(text, region, max_tries=NO_LIMIT)
    ]
