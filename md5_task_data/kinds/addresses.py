"""What an e-mail address is, and when two are the same. The library `email-validator` decides the first, without asking any
DNS; the second: without spaces around it, in NFC, the domain in lower case and IDNA's ASCII, the local part case-folded.
"""

import functools
import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # bytes (RFC 5321, 4.5.3.1.3, less the angle brackets): no longer one is ever valid
MOST_REMEMBERED = 10_000  # addresses: what is no address is often the same, such as `n/a`

# Surely valid, and most are: then the library, which takes a hundred times as long, need not be asked. Only what it takes; it
# takes more. A test holds the two against one another.
_PLAIN = re.compile(
    r"[a-zA-Z0-9]++(?:[._+-][a-zA-Z0-9]++)*+@(?:[a-zA-Z0-9]++(?:-[a-zA-Z0-9]++)*+\.)++[a-zA-Z]{2,}+"
).fullmatch
LONGEST_PLAIN = 64  # so that no label of the domain has more than 63
_SPECIAL = (".arpa", ".invalid", ".local", ".localhost", ".onion", ".test")  # domains that the library knows


class NotAnAddress(ValueError):
    """Why a text is none, in the library's words."""


def key_of(text: str) -> str:
    """The one spelling in which an address is compared. Raises NotAnAddress."""
    address = text.strip()
    if len(address) <= LONGEST_PLAIN and _PLAIN(address) and not (key := address.lower()).endswith(_SPECIAL):
        return key
    if len(address) > LONGEST:  # the library looks at each character of it
        raise NotAnAddress(
            f"The email address is too long: {len(address)} characters, and at most {LONGEST} are possible."
        )
    if address.isascii():  # two more that are clear, and frequent
        _, at, domain = address.rpartition("@")
        if not at:
            raise NotAnAddress("An email address must have an @-sign.")
        if domain and "." not in domain:
            raise NotAnAddress("The part after the @-sign is not valid. It should have a period.")
    decided, why_not = _decided(address)
    if decided is None:
        raise NotAnAddress(why_not)
    return decided


@functools.lru_cache(MOST_REMEMBERED)
def _decided(address: str) -> tuple[str | None, str]:
    """By the library: the key, or why there is none."""
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        return None, str(error)
    local, _, _ = address.rpartition("@")
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).casefold())
    return f"{folded}@{valid.ascii_domain.lower()}", ""
