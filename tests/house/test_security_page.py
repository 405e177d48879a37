"""docs/security.md states what is tested: each test that it names exists, and the numbers agree."""

import re
from collections.abc import Iterator

from tests.checkout import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
CHAPTER = [
    "5.1.1",
    *(f"5.2.{number}" for number in range(1, 7)),
    *(f"5.{part}.{n}" for part in (3, 4) for n in (1, 2, 3)),
]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(title: str) -> Iterator[list[str]]:
    """The cells of the table under a heading, without the table's header."""
    table = PAGE.partition(f"## {title}")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:])


def test_each_test_that_it_names_is_there() -> None:
    named = TEST.findall(PAGE)
    assert len(named) > 20
    assert [name for file, name in named if f"\ndef {name}(" not in (ROOT / file).read_text()] == []
    assert [file for file in re.findall(r"`(tests/[^`:]+)", PAGE) if not (ROOT / file).is_file()] == []


def test_each_requirement_of_the_chapter_has_a_test_or_a_reason() -> None:
    requirements = list(rows("OWASP ASVS 5.0"))
    assert [number for number, *_ in requirements] == CHAPTER
    for number, required, done, shown in requirements:
        assert required, number
        assert TEST.findall(shown) or re.match(r"(Not met|Does not apply): \w.{15,}", done), number


def test_the_tries_are_those_that_its_tests_count() -> None:
    attacks = list(rows("Attacks that failed"))
    assert len(attacks) >= 6
    for what, tries, got_through, shown in attacks:
        assert got_through == "0", what
        sources = "".join((ROOT / file).read_text() for file, _ in TEST.findall(shown)).replace("_", "")
        for number in re.findall(r"[\d,]+", tries) if sources else []:  # otherwise a whole file is named
            assert re.search(rf"\b{number.replace(',', '')}\b", sources), (what, number)
