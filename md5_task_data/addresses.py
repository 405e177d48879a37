"""What an e-mail address is, and when two are the same. The library `email-validator` decides the first, without asking any
DNS; the second: without spaces around it, in NFC, the domain in lower case and IDNA's ASCII, the local part case-folded.
"""

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # bytes (RFC 5321, 4.5.3.1.3, less the angle brackets): no longer one is ever valid

# Surely valid, and most are: then the library, which takes a hundred times as long, need not be asked. Only what it takes; it
# takes more. A test holds the two against one another.
_PLAIN = re.compile(
    rf"(?=.{{6,{LONGEST}}}\Z)"
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@"
    r"(?:(?!xn-)[a-z0-9]{1,50}(?:-[a-z0-9]{1,10})?\.){1,3}"
    r"(?!(?:arpa|invalid|local|localhost|onion|test)\Z)[a-z]{2,20}",
    re.ASCII | re.IGNORECASE,
).fullmatch


class NotAnAddress(ValueError):
    """Why a text is none, in the library's words."""


def key_of(text: str) -> str:
    """The one spelling in which an address is compared. Raises NotAnAddress."""
    address = text.strip()
    if _PLAIN(address):
        return address.lower()
    if len(address) > LONGEST:  # the library looks at each character of it
        raise NotAnAddress(
            f"The email address is too long: {len(address)} characters, and at most {LONGEST} are possible."
        )
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        raise NotAnAddress(str(error)) from None
    local, _, _ = address.rpartition("@")
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).casefold())
    return f"{folded}@{valid.ascii_domain.lower()}"
