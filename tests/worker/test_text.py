"""The encoding of a text is told from its bytes, in the words of many languages; what is no text is told, too."""

import gzip
import random
import zipfile
import zlib
from io import BytesIO

import pytest

from md5_service.worker.formats.text import MARKS, Judge, decoded, marked, not_text
from tests.worker.conftest import Loading, sqlite
from tests.worker.languages import WORDS

ROWS_OF_A_SMALL_FILE = 12
SAME_AS_UTF8 = {"Лі"}  # its two bytes in cp1251 are also one character of UTF-8, and there is nothing else to tell by
CASES = [(language, encoding) for language, (encodings, _) in WORDS.items() for encoding in encodings.split()]
SENTENCE = "Имя;Почта;Город\r\nМария Ивановна Кузнецова;masha@пример.рф;Ростов-на-Дону\r\nØrsted;h@kø.dk;Ærø\r\n"


def words_of(language: str) -> list[str]:
    return WORDS[language][1].split()


def read(content: bytes) -> tuple[str, str]:
    """The encoding that is told, and the text read so."""
    judge = Judge()
    judge.see(content)
    encoding = judge.verdict()
    return encoding, decoded(content, encoding)[0]


def is_cyrillic(text: str) -> bool:
    return any("Ѐ" <= letter <= "ӿ" for letter in text)


@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_small_files_of_every_language_are_read_right(language: str, encoding: str) -> None:
    words = words_of(language)
    assert len(words) >= 50
    for start in range(0, len(words), ROWS_OF_A_SMALL_FILE):
        rows = words[start : start + ROWS_OF_A_SMALL_FILE]
        text = "".join(f"{word};user{number}@example.org\r\n" for number, word in enumerate(rows))
        assert read(text.encode(encoding))[1] == text
        assert read(text.encode()) == ("utf-8", text)


def test_no_single_word_is_taken_for_one_of_another_script() -> None:
    checked = 0
    for language, encoding in CASES:
        for word in words_of(language):
            if word.isascii() or word in SAME_AS_UTF8:
                continue
            told, text = read(word.encode(encoding))
            assert told != "utf-8", word
            assert is_cyrillic(text) == is_cyrillic(word), (language, encoding, word, told, text)
            checked += 1
    print(f"{checked} words of {len(WORDS)} languages")
    assert checked > 1300


@pytest.mark.parametrize(("text", "encoding"), [("«Ромашка» – Пётр", "cp1251"), ("„Müller“ – Weiß…", "cp1252")])
def test_signs_around_words_do_not_hide_them(text: str, encoding: str) -> None:
    assert read(text.encode(encoding)) == (encoding, text)


def test_latin_1_is_said_where_it_is_the_same_as_windows_1252() -> None:
    assert read("Müller;m@x.org\n".encode("latin-1"))[0] == "latin-1"
    assert read("Müller – m@x.org\n".encode("cp1252"))[0] == "cp1252"
    assert read(b"Muller;m@x.org\n")[0] == "utf-8"


def test_one_row_that_happens_to_be_utf8_does_not_make_a_file_utf8() -> None:
    judge = Judge()
    judge.see("Ганна;g@x.org\nІгор;i@x.org\n".encode("cp1251"))
    judge.see("Лі;li@x.org".encode("cp1251"))  # the last one comes alone, where no line end follows
    assert judge.verdict() == "cp1251"


@pytest.mark.parametrize("good", [1, 5, 1000])
def test_a_file_of_utf8_with_some_broken_rows_is_utf8(good: int) -> None:
    judge = Judge()
    judge.see("Zoë;z@x.org\n".encode() * good + "Müller;m@x.org\n".encode("latin-1"))
    assert judge.verdict() == "utf-8"


@pytest.mark.parametrize(("mark", "encoding"), MARKS)
def test_a_byte_order_mark_decides(mark: bytes, encoding: str) -> None:
    content = mark + SENTENCE.encode(encoding)
    assert marked(content) == (encoding, len(mark))
    assert not_text(content) is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", [SENTENCE, "王小明,wang@x.cn\n李四,li@x.cn\n", "a@b.de\n", "Їжак Євген;je@x.ua\n", "דוד,d@x.il\n"]
)
def test_utf16_is_known_without_a_mark(encoding: str, text: str) -> None:
    assert marked(text.encode(encoding)) == (encoding, 0)
    assert not_text(text.encode(encoding)) is None


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_what_has_one_byte_a_character_is_not_taken_for_utf16(encoding: str) -> None:
    text = "Имя;Почта\nМария;masha@x.org\n".encode(encoding)
    for content in (text, text.replace(b";", b"\0;"), b"A\0B,a@x.org\n", b"\0,a@x.org\n" * 50, b"", b"a"):
        assert marked(content) is None
        assert not_text(content) is None


def archive() -> bytes:
    with zipfile.ZipFile(content := BytesIO(), "w") as file:
        file.writestr("xl/workbook.xml", "<x/>")
    return content.getvalue()


NOT_TEXT = {
    "a ZIP file, such as an Excel workbook (.xlsx)": archive(),
    "an old Office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
    "gzip, which must be unpacked first": gzip.compress(b"a@x.org\n"),
    "bzip2, which must be unpacked first": b"BZh91AY&SY\x8e\xfa",
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "an image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a SQLite database": b"SQLite format 3\0\x10\0\x01\x01",
    "text in UTF-32": "name,a@x.org\n".encode("utf-32"),
    "binary data": random.Random(7).randbytes(5000),
    "binary": zlib.compress(random.Random(8).randbytes(600)),
}


@sqlite
def test_what_is_no_text_fails_and_says_what_to_do(load: Loading) -> None:
    for what, content in NOT_TEXT.items():
        task = load(content).task
        assert (task["outcome"], task["error"]["code"]) == ("failed", "not_text"), what
        assert what in task["error"]["detail"]
        assert "Save it as CSV, preferably in UTF-8" in task["error"]["detail"]


def test_random_bytes_are_no_text_however_many_there_are() -> None:
    chance = random.Random(1)
    for size in [300, 1000, 20_000, 65_536] * 25:
        assert not_text(chance.randbytes(size)) is not None


def test_a_name_that_begins_like_a_compressed_file_is_text() -> None:
    assert not_text(b"BZhang;b@x.org\n") is None
    assert not_text(b"%PDF;b@x.org\n") is None


@sqlite
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "Zoë Ткаченко"),
        ("utf-8-sig", "Zoë Ткаченко"),
        ("utf-16", "Zoë Ткаченко"),
        ("utf-16-le", "Кузнецова Мария Ивановна"),
        ("utf-16-be", "Кузнецова Мария Ивановна"),
        ("cp1251", "Кузнецова Мария Ивановна"),
        ("koi8-r", "Кузнецова Мария Ивановна"),
        ("cp1250", "Božena Růžičková"),
        ("cp1252", "Zoë – Müller"),
        ("latin-1", "Zoë Müller"),
        ("cp1254", "Ayşegül Yıldız"),
    ],
)
def test_a_file_of_each_encoding_is_loaded(load: Loading, encoding: str, name: str) -> None:
    found = load(f"{name};a@x.org\r\n".encode(encoding))
    assert found.counts == (1, 1, 0, 0)
    assert found.records["a@x.org"]["name"] == name
    assert found.task["result"]["encoding"] in {encoding, "utf-8", "utf-16-le"}
    given = load(f"{name};b@x.org\r\n".encode(encoding), encoding=found.task["result"]["encoding"])
    assert given.records["b@x.org"]["name"] == name


@sqlite
def test_rows_that_are_not_utf8_in_a_file_that_is_are_rejects(load: Loading) -> None:
    rows = [f"Zoë {number};z{number}@x.org\n".encode() for number in range(20)]
    rows[7] = "Müller;m@x.org\n".encode("latin-1")
    found = load(b"".join(rows))
    assert found.counts == (20, 19, 0, 1)
    assert "\n8,bad_encoding,The row has bytes that are not valid utf-8.," in found.rejects
    assert found.task["result"]["encoding"] == "utf-8"
