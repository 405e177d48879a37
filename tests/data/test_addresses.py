"""Whatever the fast pattern accepts, the library accepts, with the same key; two spellings of one address have one key."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from md5_task_data.kinds import addresses
from md5_task_data.kinds.addresses import LONGEST, NotAnAddress, key_of

LETTERS = "abzAZ09._+-"
LABELS = st.one_of(
    st.text("abxn09-", min_size=1, max_size=8),
    st.text("a-", min_size=45, max_size=70),
    st.sampled_from(
        ["xn--mller-kva", "XN--P1AI", "xn--a", "example", "localhost", "arpa", "test", "in-addr", "home", "a" * 63]
    ),
)
ENDS = st.one_of(
    st.sampled_from(
        ["com", "de", "test", "local", "localhost", "invalid", "arpa", "onion", "example", "internal", "alt"]
    ),
    st.sampled_from(["TEST", "Onion", "xn--p1ai", "museum", "c", "c0", "рф"]),
    st.text("abz", min_size=1, max_size=24),
)
LOCALS = st.one_of(st.text(LETTERS, min_size=1, max_size=12), st.text(LETTERS, min_size=58, max_size=70))
DOMAINS = st.builds(lambda labels, end: ".".join([*labels, end]), st.lists(LABELS, min_size=0, max_size=6), ENDS)
LIKELY = st.builds("{}@{}".format, LOCALS, DOMAINS)
ANYTHING = st.one_of(st.text(max_size=20), st.text("ab.@ \"'<>(),:;\\\tü\0", max_size=20))
MATCHING = st.builds(  # the pattern rejects more of these than it accepts, so a strategy based on it would be slow
    "{}@{}{}".format,
    st.lists(st.text("abzAZ09", min_size=1, max_size=30), min_size=1, max_size=8).flatmap(
        lambda parts: st.sampled_from("._+-").map(lambda sign: sign.join(parts))
    ),
    st.lists(st.from_regex(r"\A[a-z0-9]{1,50}(-[a-z0-9]{1,10})?\.\Z"), min_size=1, max_size=3).map("".join),
    st.text("abcdefghijklmnopqrstuvwxyzABCXYZ", min_size=2, max_size=20),
).filter(addresses._PLAIN)

some = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def slowly(text: str) -> str | None:
    """The key, computed without the fast pattern and the length check; None: not an address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses, "_PLAIN", lambda _: None)
        patch.setattr(addresses, "LONGEST", 1 << 30)
        try:
            return key_of(text)
        except NotAnAddress:
            return None


def quickly(text: str) -> str | None:
    try:
        return key_of(text)
    except NotAnAddress:
        return None


def is_valid(text: str) -> bool:
    try:
        validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


@some
@given(text=st.one_of(LIKELY, LIKELY, ANYTHING))
@example(text="a@b.test")
@example(text="a@" + "a" * 50 + "-b.de")
@example(text="ſ@x.org")  # its lower case is an ASCII s, for a pattern that ignores case
@example(text="a@K.org")  # the sign of the unit kelvin
@example(text="a@x.org\n")
@example(text="a@x.org\0")
@example(text=" a@x.org\u3000")
def test_the_fast_way_says_what_the_library_says(text: str) -> None:
    assert quickly(text) == slowly(text)
    assert (quickly(text) is not None) == is_valid(text)


@some
@given(text=MATCHING)
def test_whatever_the_fast_pattern_takes_is_valid(text: str) -> None:
    assert addresses._PLAIN(text)
    assert is_valid(text), text
    assert slowly(text) == text.lower()


@settings(some, max_examples=200)
@given(size=st.integers(LONGEST - 3, LONGEST + 200), letter=st.sampled_from(["a", "ü", "ю", "\U0001f9fe", "."]))
def test_no_address_is_longer_than_the_library_takes(size: int, letter: str) -> None:
    for text in (letter * (size - 6) + "@x.org", "a@" + (letter * 40 + ".") * (size // 41) + "org", letter * size):
        assert (quickly(text) is not None) == is_valid(text)


def test_what_is_longer_says_so_at_once() -> None:
    with pytest.raises(NotAnAddress, match=f"too long: 10000006 characters, and at most {LONGEST} are possible"):
        key_of("a" * 10_000_000 + "@x.org")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a@x.org", "a@x.org"),
        ("  Kathy.Hunter@Bing.COM\t", "kathy.hunter@bing.com"),
        ("\u00a0a@x.org\u2003", "a@x.org"),
        ("zoe@müller.de", "zoe@xn--mller-kva.de"),
        ("zoe@mu\u0308ller.de", "zoe@xn--mller-kva.de"),
        ("zoe@MÜLLER.de", "zoe@xn--mller-kva.de"),
        ("zoe@XN--MLLER-KVA.DE", "zoe@xn--mller-kva.de"),
        ("zoe@xn--mller-kva.de", "zoe@xn--mller-kva.de"),
        ("Zoë@x.org", "zoë@x.org"),
        ("zoe\u0308@x.org", "zoë@x.org"),
        ("ZOË@x.org", "zoë@x.org"),
        ("Straße@x.org", "strasse@x.org"),
        ("a@straße.de", "a@xn--strae-oqa.de"),
        ("Маша@Пример.РФ", "маша@xn--e1afmkfd.xn--p1ai"),
        ("МАША@xn--e1afmkfd.xn--p1ai", "маша@xn--e1afmkfd.xn--p1ai"),
        ("o'brien@x.org", "o'brien@x.org"),
        ("A/B=C@x.org", "a/b=c@x.org"),
    ],
)
def test_an_address_has_one_key_however_it_is_spelled(text: str, key: str) -> None:
    assert key_of(text) == key
    assert key_of(key) == key


@some
@given(
    local=st.text("aZ.ßÄüё\u0308\u0130\u03c2ŉ", min_size=1, max_size=6),
    domain=st.sampled_from(["x.org", "MÜLLER.de", "Пример.рф"]),
)
def test_a_key_is_its_own_key(local: str, domain: str) -> None:
    if (key := quickly(f"{local}@{domain}")) is not None:
        assert quickly(key) == key
        assert quickly(f" {local.upper().lower()}@{domain.swapcase()} ") is not None


INVALID = """
@ a a@ @x.org a@x nicholas@example a@@x.org a@x..org .a@x.org a.@x.org a@-x.org a@x.org. a@[127.0.0.1] "a"@x.org
<a@x.org> a@x.org,b@x.org a@localhost a@x.test mailto:a@x.org a@xn--a.org
"""
ODD = ["", " ", "a b@x.org", "A <a@x.org>", "a@x.o\0rg", "a\n@x.org", "\ud800@x.org", "a@\udcfc.org"]


@pytest.mark.parametrize("text", [*INVALID.split(), *ODD])
def test_what_is_no_address_is_said_in_words(text: str) -> None:
    with pytest.raises(NotAnAddress, match=r"\w"):
        key_of(text)
