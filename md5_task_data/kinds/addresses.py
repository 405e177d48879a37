"""What an email address is, and when two are the same.

`email-validator` decides whether a text is an address, without asking the DNS. Two addresses are the same if they are
equal after normalising: no surrounding spaces, NFC, the domain in lower case and IDNA's ASCII form, the local part
case-folded.
"""

import functools
import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # bytes (RFC 5321, 4.5.3.1.3, less the angle brackets): nothing longer is ever valid
MOST_REMEMBERED = 10_000  # texts: what is not an address is often the same text, such as `n/a`

# Most addresses match this pattern and are certainly valid; the library, which takes a hundred times as long, is not needed for
# them. The library accepts all that match, and more. A test compares the two.
_PLAIN = re.compile(
    r"[a-zA-Z0-9]++(?:[._+-][a-zA-Z0-9]++)*+@(?:[a-zA-Z0-9]++(?:-[a-zA-Z0-9]++)*+\.)++[a-zA-Z]{2,}+"
).fullmatch
LONGEST_PLAIN = 64  # characters, so that no label of the domain has more than 63
_SPECIAL = (".arpa", ".invalid", ".local", ".localhost", ".onion", ".test")  # domains that the library rejects


class NotAnAddress(ValueError):
    """Why a text is not an email address, in the library's words."""


def key_of(text: str) -> str:
    """The normalised form of an address, which is compared. Raises NotAnAddress."""
    address = text.strip()
    if len(address) <= LONGEST_PLAIN and _PLAIN(address) and not (key := address.lower()).endswith(_SPECIAL):
        return key
    if len(address) > LONGEST:  # the library would read every character of it
        raise NotAnAddress(
            f"The email address is too long: {len(address)} characters, and at most {LONGEST} are possible."
        )
    if address.isascii():  # two more frequent cases that need no library
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
    """The library's decision: the key, or None and the reason."""
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        return None, str(error)
    local, _, _ = address.rpartition("@")
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).casefold())
    return f"{folded}@{valid.ascii_domain.lower()}", ""
