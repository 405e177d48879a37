"""Where a text may be cut, so that the numbers in it stay the same.

libphonenumber looks at candidates, the matches of its matcher's `_PATTERN`. Whether one is a number depends only on itself, on
the character before it, and on what follows it: one character, or a colon and two digits after a time stamp. So nothing
changes if a text is cut between two characters that no candidate contains and that are no colons. Nor does it change after
a comma between two digits: within a candidate, a comma only stands next to the word or sign that begins an extension.
"""

import re

from phonenumbers.phonenumbermatcher import _PATTERN
from phonenumbers.phonenumberutil import _VALID_PUNCTUATION

# With all characters of the pattern, also those of its syntax; that these are too many does no harm. It spells the tab as `\t`.
_IN_CANDIDATES = rf"{_VALID_PUNCTUATION}\d\t:{re.escape(''.join(sorted(set(_PATTERN.pattern))))}"
PLACE = re.compile(rf"[^{_IN_CANDIDATES}](?=[^{_IN_CANDIDATES}])|(?<=\d),(?=[ \t]*[-+.]?\d)", re.IGNORECASE)
