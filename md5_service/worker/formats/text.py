"""In which encoding a text is written, where nobody says so.

A byte order mark decides; then zeros in every second byte (UTF-16); then whether the bytes are UTF-8, which other texts are
by accident only where they are ASCII. What is left has one byte a character, and the words tell: the encoding is that of the
language whose alphabet has all letters of the most words. A Czech name read as Cyrillic has Latin and Cyrillic letters in one
word, and a Russian one read as Czech has letters that no one language has together.
"""

import codecs
import re
from collections import Counter

SAMPLE = 64 << 10  # bytes of lines that are not ASCII
ENOUGH = 2000  # words to decide by
NOT_TEXT = 0.1  # share of control characters
SIGNATURES = (
    (b"PK\x03\x04", "a ZIP file, such as an Excel workbook (.xlsx)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document, such as an Excel workbook (.xls)"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3", "a SQLite database"),
    (codecs.BOM_UTF32_LE, "text in UTF-32"),  # before UTF-16, which begins as it does
)
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
# The alphabets of languages, by encoding; Latin ones first, for where a word fits in both.
ALPHABETS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (encoding, frozenset(letters))
    for encoding, languages in (
        (
            "cp1252",
            (
                _LATIN + "äöüß",  # German
                _LATIN + "àâæçéèêëîïôœùûüÿ",  # French
                _LATIN + "áéíñóúü",  # Spanish
                _LATIN + "ãõáâàçéêíóôúü",  # Portuguese
                _LATIN + "àèéìíîòóù",  # Italian
                _LATIN + "åäöéü",  # Swedish, Finnish
                _LATIN + "æøåéäöü",  # Danish, Norwegian
                _LATIN + "áéíóúýþæðö",  # Icelandic
                _LATIN + "àéèëïíóöüç",  # Dutch, Catalan
            ),
        ),
        (
            "cp1250",
            (
                _LATIN + "ąćęłńóśźż",  # Polish
                _LATIN + "áčďéěíňóřšťúůýžäĺľôŕ",  # Czech, Slovak
                _LATIN + "áéíóöőúüű",  # Hungarian
                _LATIN + "čćđšž",  # Croatian, Slovene
                _LATIN + "ăâîşţ",  # Romanian
            ),
        ),
        ("cp1254", (_LATIN + "çğıöşüâîû\u0307",)),  # Turkish; İ is i with a dot above, in lower case
        (
            "cp1251",
            (
                _RUSSIAN + "ё",  # and Bulgarian
                "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",  # Ukrainian
                _RUSSIAN + "ёіў",  # Belarusian
                "абвгдђежзијклљмнњопрстћуфхцчџш",  # Serbian
            ),
        ),
        ("koi8-r", (_RUSSIAN + "ё",)),
    )
    for letters in languages
)
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_LINE = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")


def marked(start: bytes) -> tuple[str, int] | None:
    """The encoding that the first bytes tell, and how many of them are no text; None: they do not tell."""
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding, len(mark)
    zeros = [start[first::2].count(0) for first in (0, 1)]
    if sum(zeros) > 0.3 * len(start):
        return ("utf-16-be" if zeros[0] > 5 * zeros[1] else "utf-16-le"), 0
    return None


def not_text(start: bytes) -> str | None:
    """What a file is that begins so and is no text; None: it may be one."""
    for signature, what in SIGNATURES:
        if start.startswith(signature):
            return what
    controls = len(start) - len(start.translate(None, CONTROLS))
    return "not text" if controls > NOT_TEXT * len(start) and marked(start) is None else None


def errors(encoding: str) -> str:
    """How Python is to treat bytes that are not of this encoding, so that it can give them back."""
    return "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"


def decoded(content: bytes, encoding: str) -> tuple[str, bool]:
    """The text, and whether all of it is of this encoding; what is not becomes lone surrogates."""
    try:
        return content.decode(encoding), True
    except UnicodeDecodeError:
        return content.decode(encoding, errors(encoding)), False


class Judge:
    """Is shown a text, piece by piece, and tells its encoding: of bytes that have ASCII as it is."""

    def __init__(self) -> None:
        self._is_utf8_at_length = False
        self._good = self._bad = 0  # lines of pieces that are not all UTF-8
        self._words: Counter[bytes] = Counter()
        self._seen = 0

    def see(self, piece: bytes) -> None:
        """Some whole lines."""
        if piece.isascii():
            return
        try:
            piece.decode()
            self._is_utf8_at_length = True
            return
        except UnicodeDecodeError:
            pass
        for line in _LINE.findall(piece):
            try:
                line.decode()
                self._good += 1
            except UnicodeDecodeError:
                self._bad += 1
                if self._seen < SAMPLE:
                    self._seen += len(line)
                    self._words.update(_WORD.findall(line))

    def verdict(self) -> str:
        """`utf-8` also where some lines, and no more than one in ten, are not."""
        if self._bad == 0 or self._is_utf8_at_length or self._good >= 9 * self._bad:
            return "utf-8"
        return legacy(self._words)


def legacy(words: Counter[bytes]) -> str:
    """The encoding of words of one byte a character, each with a byte beyond ASCII; `latin-1` where it is as good as any."""
    best, best_fit = "cp1252", 0
    for encoding, alphabet in ALPHABETS:
        decoded = ((word.decode(encoding, "replace"), times) for word, times in words.most_common(ENOUGH))
        fit = sum(times * len(word) for word, times in decoded if _is_word(word, alphabet))
        if fit > best_fit:
            best, best_fit = encoding, fit
    if best == "cp1252" and not any(0x80 <= byte < 0xA0 for word in words for byte in word):
        return "latin-1"
    return best


def _is_word(text: str, alphabet: frozenset[str]) -> bool:
    """Of these letters, and with capitals only where they stand: what is small in Windows-1251 is a capital in KOI8-R."""
    return alphabet.issuperset(text.lower()) and (
        text[1:].islower() or text.isupper() or (len(text) == 1 and text.islower())
    )
