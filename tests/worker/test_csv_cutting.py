"""Records are those of Python's `csv`, wherever a file is cut; what has none fails with its line."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from md5_service.worker.formats import csv as csvs
from md5_service.worker.formats.csv import (
    Cutter,
    Dialect,
    Records,
    UnreadableCsv,
    lines_of,
)
from tests.worker.cutting import cut, read

# The cases of csv-spectrum (github.com/max-mapper/csv-spectrum), with data of our own.
SPECTRUM = {
    "comma_in_quotes": (
        'first,last,address,city,zip\nAnn,Lee,"12, Elm Street","Ely, Cambs",CB7\n',
        [["first", "last", "address", "city", "zip"], ["Ann", "Lee", "12, Elm Street", "Ely, Cambs", "CB7"]],
    ),
    "empty": ('a,b,c\n1,"",""\n2,3,4\n', [["a", "b", "c"], ["1", "", ""], ["2", "3", "4"]]),
    "empty_crlf": ('a,b,c\r\n1,"",""\r\n2,3,4\r\n', [["a", "b", "c"], ["1", "", ""], ["2", "3", "4"]]),
    "escaped_quotes": ('a,b\n1,"ha ""ha"" ha"\n3,4\n', [["a", "b"], ["1", 'ha "ha" ha'], ["3", "4"]]),
    "json": (
        'key,val\n1,"{""type"": ""Point"", ""at"": [102.0, 0.5]}"\n',
        [["key", "val"], ["1", '{"type": "Point", "at": [102.0, 0.5]}']],
    ),
    "newlines": (
        'a,b,c\n1,2,3\n"Once upon\na time",5,6\n7,8,9\n',
        [["a", "b", "c"], ["1", "2", "3"], ["Once upon\na time", "5", "6"], ["7", "8", "9"]],
    ),
    "newlines_crlf": (
        'a,b,c\r\n1,2,3\r\n"Once upon\r\na time",5,6\r\n',
        [["a", "b", "c"], ["1", "2", "3"], ["Once upon\r\na time", "5", "6"]],
    ),
    "quotes_and_newlines": (
        'a,b\n1,"ha\n""ha""\nha"\n3,4\n',
        [["a", "b"], ["1", 'ha\n"ha"\nha'], ["3", "4"]],
    ),
    "simple": ("a,b,c\n1,2,3\n", [["a", "b", "c"], ["1", "2", "3"]]),
    "simple_crlf": ("a,b,c\r\n1,2,3\r\n", [["a", "b", "c"], ["1", "2", "3"]]),
    "utf8": ("a,b,c\n1,2,3\n4,5,ʤ\n", [["a", "b", "c"], ["1", "2", "3"], ["4", "5", "ʤ"]]),
    "location_coordinates": (
        '"place","at"\n"Ely","52°24\'00.0""N 0°16\'00.0""E"\n',
        [["place", "at"], ["Ely", "52°24'00.0\"N 0°16'00.0\"E"]],
    ),
}


def is_open(text: str, dialect: Dialect) -> bool:
    """Whether a quote is not closed: then what follows is swallowed."""
    *_, last = csv.reader(
        [*lines_of(text), '"after"'], delimiter=dialect.delimiter, skipinitialspace=dialect.skips_space
    )
    return last != ["after"]


@pytest.mark.parametrize("case", SPECTRUM)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_cases_of_csv_spectrum(case: str, size: int) -> None:
    text, rows = SPECTRUM[case]
    assert [record for _, record in read(text, Dialect())] == rows
    cutter, slices = cut(text, [size], Dialect(), "utf-8")
    assert cutter.records == len(rows)
    content = text.encode()
    found = [row for each in slices for row in read(content[each.offset : each.offset + each.size].decode(), Dialect())]
    assert [record for _, record in found] == rows


PIECES = st.sampled_from(
    [
        '"',
        '"',
        ",",
        ";",
        "\n",
        "\r",
        "\r\n",
        " ",
        "\t",
        "a",
        "ю",
        "\U0001f9fe",
        "\0",
        "\0the end\0",
        '""',
        '",',
        ',"',
        '"\n',
        "xyz",
    ]
)


TEXTS = st.lists(PIECES, max_size=60).map("".join)


# Most texts of chance have a quote that is never closed; these are well formed.
FIELDS = st.lists(st.sampled_from(['"', ",", "\n", "\r\n", "\r", " ", "a", "ю", "\0"]), max_size=5).map("".join)


ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def well_formed(draw: st.DrawFn) -> str:
    rows = draw(st.lists(st.tuples(st.lists(FIELDS, max_size=4), ENDS), max_size=12))
    text = ""
    for cells, end in rows:
        row = io.StringIO(newline="")
        csv.writer(row, lineterminator=end).writerow(cells)
        text += row.getvalue()
    return text[:-1] if draw(st.booleans()) else text


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    text=st.one_of(TEXTS, well_formed()),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    part_bytes=st.integers(1, 60),
    part_lines=st.integers(1, 10),
    dialect=st.sampled_from([Dialect(), Dialect(";"), Dialect("\t"), Dialect(",", skips_space=True)]),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
)
def test_parts_together_have_the_records_of_the_whole(
    text: str, sizes: list[int], part_bytes: int, part_lines: int, dialect: Dialect, encoding: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csvs, "PART_LINES", part_lines)
        if is_open(text, dialect):
            with pytest.raises(UnreadableCsv, match=r"^A quote is opened in line \d+ and not closed"):
                cut(text, sizes, dialect, encoding)
            return
        cutter, slices = cut(text, sizes, dialect, encoding, part_bytes)
    content = text.encode(encoding)
    end, found = 0, []
    for each in slices:
        assert each.size > 0
        assert each.offset == end
        end += each.size
        found += read(content[each.offset : end].decode(encoding), dialect, each.line)
    assert end == len(content)
    rows = read(text, dialect)
    assert found == rows
    assert cutter.records == len(rows)
    assert cutter.lines >= (rows[-1][0] if rows else 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (['a,"b'], 1),
        (['"a', 'b"', "", 'c,"d', "e", "f"], 4),
        (["a,b", "", '"c', 'd","e', 'f"x,"g', "h"], 5),
        (["a", 'b,x"y', "c,z", '"', '""', "d"], 4),
    ],
)
def test_an_unclosed_quote_fails_with_its_line(rows: list[str], line: int, size: int, end: str) -> None:
    for text in (end.join(rows), end.join(rows) + end):
        with pytest.raises(UnreadableCsv, match=rf"^A quote .* in line {line} .* before the end of the file"):
            cut(text, [size], Dialect(), "utf-8")


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("x" * 100, "Line 3 is longer than 100 characters; this is not a CSV file."),
        ('"' + "x" * 49 + "\n" + "x" * 49, "A quote is opened in line 3 and not closed within 100 characters"),
        ('"\n",' * 19 + '"' + "x" * 23, "A quote is opened in line 22 and not closed within 100 characters"),
    ],
)
@pytest.mark.parametrize("size", [1, 9])
def test_a_record_may_be_as_long_as_the_limit(
    record: str, message: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csvs, "LONGEST_RECORD", 100)
    assert len(record) == 100
    pieces = ["a,b\n\n", *(record[at : at + size] for at in range(0, 100, size))]
    cutter = Cutter(Dialect(), len, 0, 1000)
    for piece in pieces:
        cutter.feed(piece)
    closing = '"\n' if '"' in record else "\n"
    cutter.feed(closing)
    assert cutter.end()[0] == [Records(0, 105 + len(closing), 1)]
    assert cutter.records == 2
    cutter = Cutter(Dialect(), len, 0, 1000)
    for piece in pieces:
        cutter.feed(piece)
    with pytest.raises(UnreadableCsv) as error:
        cutter.feed("x")
    assert str(error.value).startswith(message)


def test_a_long_record_is_not_read_again_with_each_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    read_characters = 0
    whole = Cutter._whole

    def counting(self: Cutter, text: str) -> tuple[str, int]:
        nonlocal read_characters
        read_characters += len(text)
        return whole(self, text)

    monkeypatch.setattr(Cutter, "_whole", counting)
    piece = "x" * 99 + "\n"
    cutter = Cutter(Dialect(), len, 0, 1000)
    cutter.feed('"')
    for _ in range(1000):
        cutter.feed(piece)
    cutter.feed('"\n')
    cutter.end()
    assert cutter.records == 1
    assert read_characters < 4 * 1000 * len(piece)


@pytest.mark.parametrize("text", ["a\n \nb\n", " \na\n", "a\n\n\nb", "a\r\n\t\r\n\r\nb\r\n", "a\n\n \n", 'a\n \n"b"\n'])
def test_blank_lines_are_no_rows_and_counted_as_such(text: str) -> None:
    assert (
        cut(text, [100], Dialect(), "utf-8")[0].records
        == len(read(text, Dialect()))
        == text.count("a") + text.count("b")
    )


def test_rows_of_empty_cells_are_rows() -> None:
    text = ';;\n""\n\t\n;\n'
    assert cut(text, [100], Dialect(";"), "utf-8")[0].records == len(read(text, Dialect(";"))) == 3
