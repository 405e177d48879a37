"""A text is cut into pieces that follow one another without a gap, at line feeds where there are some."""

import random
import re
from typing import get_args

import pytest

from md5_service.worker.formats import lines, text
from md5_service.worker.formats.lines import Lines, LineTooLong, cut, length, pieces
from md5_task_data.kinds.encodings import AnyEncoding

PLACE = re.compile(r"[,;]")
ENCODINGS = sorted(get_args(get_args(AnyEncoding)[0]))


def cut_all(content: bytes, encoding: str, size: int, offset: int = 0, most: int = 1 << 30) -> list[Lines]:
    def read(at: int, count: int) -> bytes:
        assert offset <= at
        assert at + count <= len(content)
        return content[at : at + count]

    where = Lines(offset, len(content) - offset, 1)
    return cut(read, where, encoding, PLACE, lambda _: size, most)


def sample(encoding: str, seed: int) -> str:
    """A text with letters of this encoding, long and short lines, and bytes that are invalid in it."""
    chance = random.Random(seed)
    letters = [char for k in range(32, 0x3100) if (char := chr(k)).isalpha() and not unfit(char, encoding)]
    if encoding not in ("utf-16", "utf-16-le", "utf-16-be"):
        letters += text.decoded(b"\xff\x80", encoding)[0]
    words = ("".join(chance.choices(letters, k=chance.randint(1, 9))) for _ in range(2000))
    return "".join(word + chance.choice([" ", " ", ",", ";", "\n", "\r\n"]) for word in words)


def unfit(char: str, encoding: str) -> bool:
    try:
        return char.encode(encoding).decode(encoding) != char
    except UnicodeError:
        return True


@pytest.mark.parametrize(
    "encoding", [each for each in ENCODINGS if each != "utf-16"]
)  # which a mark or a guess replaces
def test_in_every_encoding_pieces_are_whole_and_keep_their_offsets_and_lines(encoding: str) -> None:
    for seed in range(3):
        written = sample(encoding, seed)
        content = b"ab" + written.encode(encoding, text.errors(encoding))
        written, _ = text.decoded(content[2:], encoding)
        found = cut_all(content, encoding, 200, offset=2)
        assert len(found) > 10
        assert [each.offset for each in found[1:]] == [each.offset + each.size for each in found[:-1]]
        assert (found[0].offset, found[-1].offset + found[-1].size) == (2, len(content))
        shown = [text.decoded(content[each.offset : each.offset + each.size], encoding)[0] for each in found]
        assert "".join(shown) == written
        assert all(piece[-1] in ",;\n" for piece in shown[:-1])
        assert all(length(piece, encoding) == each.size for piece, each in zip(shown, found, strict=True))
        line = 1
        for piece, each in zip(shown, found, strict=True):
            assert each.line == line
            line += piece.count("\n")


def test_a_line_feed_is_preferred_and_a_long_line_is_cut_at_a_place() -> None:
    assert [each.size for each in cut_all(b"ab,cd\nef,gh\nijk", "utf-8", 8)] == [6, 6, 3]
    assert [each.size for each in cut_all(b"ab,cdefgh,ijk", "utf-8", 8)] == [3, 7, 3]
    assert [each.size for each in cut_all(b"a" * 20 + b",b\n" + b"c" * 10, "utf-8", 8)] == [21, 2, 10]


def test_no_more_pieces_are_made_than_wanted_and_the_rest_is_one() -> None:
    content = b"line\n" * 100
    assert cut_all(content, "utf-8", 10, most=3) == [
        Lines(0, 10, 1),
        Lines(10, 10, 3),
        Lines(20, 10, 5),
        Lines(30, 470, 7),
    ]
    assert cut_all(b"", "utf-8", 10) == []
    assert cut_all(b"x", "utf-8", 10) == [Lines(0, 1, 1)]


def test_a_line_of_the_greatest_length_is_one_piece_and_a_longer_one_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 100)
    assert [each.size for each in cut_all(b"a" * 99 + b"\n" + b"b" * 9, "utf-8", 8)] == [100, 9]
    assert [each.size for each in cut_all(b"x\n" + b"a" * 100, "utf-8", 8)] == [2, 100]
    with pytest.raises(LineTooLong, match="From byte 2 on, 100 bytes have neither a line feed"):
        cut_all(b"x\n" + b"a" * 101, "utf-8", 8)


def test_the_pieces_of_a_text_are_the_text() -> None:
    written = sample("utf-8", 5)
    for size in (1, 10, 1000, 10**6):
        found = list(pieces(written, size, PLACE))
        assert "".join(found) == written
        assert all(piece[-1] in ",;\n" for piece in found[:-1])
    assert list(pieces("", 10, PLACE)) == []
    assert list(pieces("a" * 50, 10, PLACE)) == ["a" * 50]
