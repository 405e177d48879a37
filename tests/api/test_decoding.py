"""Encoded parts are decoded correctly, however they are cut; invalid ones are refused, and nothing of them stays stored."""

import base64
import binascii
import itertools
from collections.abc import Sequence

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from md5_service.api.upload.decoding import Base64, Decoder, QuotedPrintable
from md5_task_data.errors import Malformed
from tests.api.answers import assert_problem
from tests.api.conftest import Api
from tests.api.requests import form

CUTS = st.lists(st.integers(0, 2000), max_size=6)
LINE_ENDS = st.sampled_from([b"\n", b"\r\n"])


def decoded(decoder: Decoder, encoded: bytes, cuts: Sequence[int]) -> bytes:
    places = [0, *sorted(cuts), len(encoded)]
    pieces = [memoryview(encoded)[begin:end] for begin, end in itertools.pairwise(places)]
    return b"".join([*map(decoder.decode, pieces), decoder.end()])


@given(content=st.binary(max_size=1000), line_end=LINE_ENDS, cuts=CUTS)
def test_base64(content: bytes, line_end: bytes, cuts: list[int]) -> None:
    assert decoded(Base64(), base64.encodebytes(content).replace(b"\n", line_end), cuts) == content
    assert decoded(Base64(), base64.b64encode(content), cuts) == content


@given(content=st.binary(max_size=1000), cuts=CUTS)
def test_quoted_printable_of_any_bytes(content: bytes, cuts: list[int]) -> None:
    for line_end in (b"\n", b"\r\n"):
        encoded = binascii.b2a_qp(content, quotetabs=True, istext=False).replace(b"=\n", b"=" + line_end)
        assert decoded(QuotedPrintable(), encoded, cuts) == content


@pytest.mark.parametrize(
    ("encoded", "content"),
    [
        (b"a=3D=3db", b"a==b"),
        (b"one =\r\ntwo=  \t\n three", b"one two three"),
        (b"padded  \t\r\n as mail may be \n", b"padded\r\n as mail may be\n"),
        (b"kept=20\r\n", b"kept \r\n"),
        (b"x" * 1000, b"x" * 1000),
    ],
)
def test_quoted_printable_as_others_write_it(encoded: bytes, content: bytes) -> None:
    for cut in range(min(len(encoded), 40)):
        assert decoded(QuotedPrintable(), encoded, [cut]) == content


BROKEN = {
    "base64": [b"YQ", b"YQ=", b"YQ==YQ==", b"YQ==\r\nYQ==", b"YW*j", b"Y===", b"====", "YWé=".encode(), b"YWJj\0"],
    "quoted-printable": [b"=", b"=4", b"=XY", b"a=\tb", b"a\rb", b"caf\xe9", b"\0", b"x" * 1001, b"x" * 1001 + b"\n"],
}
ALL_BROKEN = [(encoding, encoded) for encoding, several in BROKEN.items() for encoded in several]


@pytest.mark.parametrize(("encoding", "encoded"), ALL_BROKEN)
def test_what_is_broken_is_refused_wherever_it_is_cut(api: Api, encoding: str, encoded: bytes) -> None:
    for cut in range(min(len(encoded), 12) + 1):
        decoder = Base64() if encoding == "base64" else QuotedPrintable()
        with pytest.raises(Malformed):
            decoded(decoder, encoded, [cut])
    assert_problem(hand_over(api, encoding, encoded), 400, "malformed", encoding)
    assert api.stored() == []


@pytest.mark.parametrize(
    ("encoding", "encoded", "content"),
    [
        ("base64", b"AAECAw==\r\n", b"\0\1\2\3"),
        (" BASE64 ", b"", b""),
        ("Quoted-Printable", b"a=00=\r\nb", b"a\0b"),
        ("7bit", b"YQ==", b"YQ=="),
        ("8bit", b"=41", b"=41"),
        ("binary", b"\0\xff", b"\0\xff"),
    ],
)
def test_a_part_is_decoded(api: Api, encoding: str, encoded: bytes, content: bytes) -> None:
    assert hand_over(api, encoding, encoded).status_code == 202
    assert [path.read_bytes() for path in api.stored()] == [content]


def test_a_parameter_is_decoded_too(api: Api) -> None:
    batch = ('name="batch"\r\nContent-Transfer-Encoding: base64', base64.b64encode("Läufe".encode()))
    assert api.client.post("/v1/tasks", **form(batch, ('name="file"; filename="a"', b"x"))).json()["batch"] == "Läufe"


def test_an_encoding_that_is_not_known_is_415(api: Api) -> None:
    assert_problem(hand_over(api, "x-uuencode", b"x"), 415, "unsupported_media_type", "base64, quoted-printable")
    assert_problem(
        hand_over(api, "base64\r\nContent-Transfer-Encoding: 7bit", b"x"), 400, "malformed", "given more than once"
    )
    assert api.stored() == []


def test_a_large_file_may_travel_encoded_but_not_much_that_stands_for_nothing(api: Api) -> None:
    content = bytes(range(256)) * 20_000
    assert hand_over(api, "base64", base64.encodebytes(content)).status_code == 202
    assert hand_over(api, "quoted-printable", binascii.b2a_qp(content, istext=False)).status_code == 202
    assert {path.read_bytes() for path in api.stored()} == {content}
    for encoding, encoded in (("base64", b"\r\n" * 1_000_000), ("quoted-printable", b"=\r\n" * 1_000_000)):
        assert_problem(hand_over(api, encoding, encoded), 413, "too_large", "besides its file")


def hand_over(api: Api, encoding: str, encoded: bytes) -> httpx2.Response:
    about = f'name="file"; filename="a"\r\nContent-Transfer-Encoding: {encoding}'
    return api.client.post("/v1/tasks", **form((about, encoded)))
