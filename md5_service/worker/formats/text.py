"""Detects in which encoding a text is written.

A byte order mark decides; then zeros in every second byte (UTF-16); then whether the bytes are UTF-8, which other
encodings match by accident only in a line or two. Otherwise the text has one byte per character and the words decide:
the encoding is that of the language whose letters fit most of the words. A Czech name read as Cyrillic mixes Latin and
Cyrillic letters in one word, and a Russian one read as Czech has no letter without an accent.
"""

import codecs
import contextlib
import re
from collections import Counter

from md5_task_data.errors import InvalidInput

SAMPLE = 64 << 10  # bytes of non-ASCII lines
ENOUGH = 2000  # words on which the decision is based
UTF8_AT_LENGTH = 100  # UTF-8 continuation bytes; this many are no coincidence
BINARY = "binary data"
FEW, MANY_CONTROLS, MANY_NULS = 8, 0.02, 0.25  # a count, and shares of all characters; random bytes are 10 % controls
SIGNATURES = (
    (re.compile(rb"PK\x03\x04"), "a ZIP file, such as an Excel workbook (.xlsx)"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Office document, such as an Excel workbook (.xls)"),
    (re.compile(rb"\x1f\x8b"), "a file compressed with gzip, which must be unpacked first"),
    (re.compile(rb"BZh[1-9]1AY&SY"), "a file compressed with bzip2, which must be unpacked first"),
    (re.compile(rb"\xfd7zXZ"), "a file compressed with xz, which must be unpacked first"),
    (re.compile(rb"\x28\xb5\x2f\xfd"), "a file compressed with zstd, which must be unpacked first"),
    (re.compile(rb"%PDF-"), "a PDF document"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8[79]a"), "an image"),
    (re.compile(rb"SQLite format 3\0"), "a SQLite database"),
    (re.compile(rb"\xff\xfe\0\0|\0\0\xfe\xff"), "text in UTF-32"),  # the first also begins like UTF-16
)
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x19\x1c-\x1f\x7f]")
_SURROGATES = "\ud800-\udfff"  # stand for bytes that are invalid in the encoding
SURROGATE = re.compile(f"[{_SURROGATES}]")
NOT_KEPT = re.compile(f"[\0{_SURROGATES}]")  # no database accepts these
UNKNOWN = "\ufffd"  # is written instead
SMALL = bytes(range(8))

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_PORTUGUESE_TILDE = "|ã(?=[eos]|$)|õ(?=e)"  # elsewhere, ã and õ are Romanian ă and Hungarian ő
# The letters of languages, by encoding. Latin ones come first, for words that fit several.
_LANGUAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "cp1252",
        (
            f"[{_LATIN}äöüß]",  # German
            f"[{_LATIN}àâæçéèêëîïôœùûüÿ]",  # French
            f"[{_LATIN}áéíñóúü]",  # Spanish
            f"[{_LATIN}áâàçéêíóôúü]{_PORTUGUESE_TILDE}",
            f"[{_LATIN}àèéìíîòóù]",  # Italian
            f"[{_LATIN}åäöéü]",  # Swedish, Finnish
            f"[{_LATIN}æøåéäöü]",  # Danish, Norwegian
            f"[{_LATIN}áéíóúýþæðö]",  # Icelandic
            f"[{_LATIN}àéèëïíóöüç]",  # Dutch, Catalan
        ),
    ),
    (
        "cp1250",
        (
            f"[{_LATIN}ąćęłńóśźż]",  # Polish
            f"[{_LATIN}áčďéěíňóřšťúůýžäĺľôŕ]",  # Czech, Slovak
            f"[{_LATIN}áéíóöőúüű]",  # Hungarian
            f"[{_LATIN}čćđšž]",  # Croatian, Slovene
            f"[{_LATIN}ăâîşţ]",  # Romanian
        ),
    ),
    ("cp1254", (f"[{_LATIN}çğıöşüâîû\u0307]",)),  # Turkish; in lower case, İ is i with a dot above
    (
        "cp1251",
        (
            f"[{_RUSSIAN}ё]",  # and Bulgarian
            "[абвгґдеєжзиіїйклмнопрстуфхцчшщьюя]",  # Ukrainian
            f"[{_RUSSIAN}ёіў]",  # Belarusian
            "[абвгдђежзијклљмнњопрстћуфхцчџш]",  # Serbian
        ),
    ),
    ("koi8-r", (f"[{_RUSSIAN}ё]",)),
)
LANGUAGES = [(encoding, re.compile(f"(?:{each})+")) for encoding, letters in _LANGUAGES for each in letters]
_PLAIN = re.compile("[A-Za-z]")
_AROUND = "«»„“”‘’‚–—…№§°\xa0"  # characters found next to words
_WORD = re.compile(rb"[A-Za-z\x80-\xff]++")
LONGEST_WORD = 100  # bytes; words are not longer in any language


class NotText(InvalidInput):
    """The file is not text; the detail names what it seems to be. Save it as text or CSV, preferably in UTF-8, and upload that
    file."""

    code = "not_text"


def told(start: bytes, size: int, given: str | None, form: str = "text") -> tuple[str | None, int]:
    """The encoding of a file of `size` bytes, if the parameter `given` or the first bytes tell it, and how many of these are a
    mark rather than text. Raises NotText, in words for a file that should have this `form`."""
    first = marked(start)
    encoding = given or (first[0] if first else None)
    mark = first[1] if first and (encoding or "").startswith(first[0][:6]) else 0
    if given == "utf-16":
        encoding = first[0] if first else "utf-16-le"
    if (what := not_text(start, encoding)) == BINARY and given is None:
        what += ", or text in an encoding that must be given as a parameter"
    if what is not None:
        raise NotText(
            f"This file is not {form} but {what}. Save it as {form}, preferably in UTF-8, and upload that file."
        )
    if encoding is not None and encoding.startswith("utf-16") and size % 2:
        raise NotText("This file is UTF-16 that ends in half a character: it was cut short. Upload the whole file.")
    return encoding, mark


def detected(sample: bytes) -> str:
    """The encoding of a text that begins with this sample, and that no mark tells."""
    judge = Judge()
    judge.see(sample[: sample.rfind(b"\n") + 1] or sample)
    return judge.verdict()


def marked(start: bytes) -> tuple[str, int] | None:
    """The encoding that the first bytes reveal, and how many of them are a mark rather than text; None if they reveal none."""
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding, len(mark)
    for encoding, high, low in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        # The high byte is zero for ASCII characters, and small for the letters of Europe and the Near East.
        if high.count(0) > 9 * low.count(0) and len(high) - len(high.translate(None, SMALL)) > 0.4 * len(high):
            return encoding, 0
    return None


def not_text(start: bytes, encoding: str | None = None) -> str | None:
    """What a file with this beginning is, if it is not text, in this encoding if it is known; None if it may be text."""
    for signature, what in SIGNATURES:
        if signature.match(start):
            return what
    is_wide = (encoding or "").startswith("utf-16")
    told, _ = (encoding, 0) if is_wide else marked(start) or ("latin-1", 0)
    shown, _ = decoded(start[: len(start) & ~1], str(told))
    is_text = _is_few(len(_CONTROL.findall(shown)), MANY_CONTROLS, shown) and _is_few(
        shown.count("\0"), MANY_NULS, shown
    )
    return None if is_text else BINARY


def _is_few(count: int, share: float, shown: str) -> bool:
    return count <= FEW or count <= share * len(shown)


def errors(encoding: str) -> str:
    """The error handler with which Python can decode bytes that are invalid in this encoding, and encode them back."""
    return "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"


def decoded(content: bytes, encoding: str) -> tuple[str, bool]:
    """The text, and whether all of it is valid in this encoding; invalid bytes become lone surrogates."""
    try:
        return content.decode(encoding), True
    except UnicodeDecodeError:
        return content.decode(encoding, errors(encoding)), False


class Judge:
    """Sees a text piece by piece and decides its encoding, which must be a superset of ASCII."""

    def __init__(self) -> None:
        self._is_utf8_at_length = False
        self._good = self._bad = 0  # non-ASCII lines that are UTF-8, and that are not
        self._words: Counter[bytes] = Counter()
        self._seen = 0

    def see(self, piece: bytes) -> None:
        """Look at some whole lines."""
        if piece.isascii():
            return
        with contextlib.suppress(UnicodeDecodeError):
            if len(piece) - len(piece.decode()) >= UTF8_AT_LENGTH:
                self._is_utf8_at_length = True
                return
        for line in piece.splitlines():
            if line.isascii():
                continue
            try:
                line.decode()
                self._good += 1
            except UnicodeDecodeError:
                self._bad += 1
                if self._seen < SAMPLE:
                    self._seen += len(line)
                    words = _WORD.findall(line)
                    self._words.update(word for word in words if len(word) <= LONGEST_WORD and not word.isascii())

    def verdict(self) -> str:
        """`utf-8` even if up to half of the lines are not: rejecting those is better than garbling the others."""
        if self._is_utf8_at_length or self._good >= self._bad:
            return "utf-8"
        return legacy(self._words)


# A word all in capitals can be KOI8-R or Windows-1251; read in the wrong one, it lacks the frequent letters.
_FREQUENT = re.compile("[оеаинтсрвлк]")


def legacy(words: Counter[bytes]) -> str:
    """The single-byte encoding of these words, each of which has a non-ASCII byte; `latin-1` if it is as good as any."""
    most = words.most_common(ENOUGH)
    best, best_fit, best_frequent = "cp1252", 0, 0
    for encoding, is_of_language in LANGUAGES:
        shown = ((word.decode(encoding, "replace").strip(_AROUND), times) for word, times in most)
        theirs = [(word, times) for word, times in shown if is_of_language.fullmatch(word.lower()) and _is_word(word)]
        fit = sum(times * len(word) for word, times in theirs)
        frequent = sum(times * len(_FREQUENT.findall(word.lower())) for word, times in theirs)
        if fit > best_fit or (fit == best_fit and 0 < best_frequent < frequent):
            best, best_fit, best_frequent = encoding, fit, frequent
    if best == "cp1252" and not any(0x80 <= byte < 0xA0 for word in words for byte in word):
        return "latin-1"
    return best


def _is_word(text: str) -> bool:
    """Whether capitals are only where they belong: lower case in Windows-1251 is upper case in KOI8-R. And whether a Latin
    word has a letter without an accent: a Cyrillic one read as Latin has none."""
    if not (text[1:].islower() or text.isupper() or (len(text) == 1 and text.islower())):
        return False
    return len(text) == 1 or text[0] >= "Ѐ" or _PLAIN.search(text) is not None
