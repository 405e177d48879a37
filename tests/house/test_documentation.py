"""The README and `docs/`: short enough to be read, complete, and right in what they name. Their commands are run elsewhere:
`tests/end_to_end/test_documentation.py`."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from md5_service.cli import main
from md5_service.settings import NO_SETTINGS, Settings
from md5_task_data.registry import KINDS
from tests.checkout import ROOT
from tests.documentation import FENCE, PAGES, README

MOST_LINES = 120  # of the README: one screen, and a little
WORDS_A_MINUTE = 230
MOST_MINUTES = 5
LINK = re.compile(r"\]\(([^)\s]+)\)")
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
OF_OTHERS = {"MD5_FAULTS_SEED", "MD5_FUZZ_SEED"}  # of `make faults` and `make fuzz`
DOCS = [name for name in PAGES if name.startswith("docs/")]


def prose(page: str) -> str:
    return FENCE.sub("", PAGES[page])


def spans() -> Iterator[tuple[str, str]]:
    """The page and the text of each code span."""
    return ((page, text) for page in PAGES for text in SPAN.findall(prose(page)))


def test_the_readme_is_one_screen_and_leads_to_every_page() -> None:
    assert len(PAGES[README].splitlines()) <= MOST_LINES
    assert {name for name in DOCS if f"]({name})" not in PAGES[README]} == {"docs/index.md"}


def test_every_kind_has_its_page() -> None:
    assert [kind for kind in KINDS if f"docs/{kind}.md" not in DOCS] == []


@pytest.mark.parametrize("page", [page for page in DOCS if page not in ("docs/errors.md", "docs/settings.md")])
def test_a_page_is_read_in_five_minutes(page: str) -> None:
    """Those two are for reference, and not read as a whole."""
    words = re.findall(r"\b[^\W\d]\w*", SPAN.sub("", prose(page)))
    assert len(words) / WORDS_A_MINUTE <= MOST_MINUTES


def test_every_page_is_in_the_navigation_and_on_the_first_page() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
    assert sorted(_pages(site["nav"])) == sorted(name.removeprefix("docs/") for name in DOCS)
    linked = set(LINK.findall(PAGES["docs/index.md"]))
    assert {name.removeprefix("docs/") for name in DOCS} - linked == {"index.md"}


def _pages(nav: list[object]) -> Iterator[str]:
    for entry in nav:
        assert isinstance(entry, dict)
        for target in entry.values():
            yield from _pages(target) if isinstance(target, list) else [target]


def test_every_link_leads_somewhere() -> None:
    links = [(page, link) for page in PAGES for link in LINK.findall(prose(page)) if not re.match(r"\w+:|/", link)]
    assert len(links) > 60
    assert [(page, link) for page, link in links if not _leads_somewhere(page, link)] == []
    assert not _leads_somewhere(README, "docs/use.md#nothing")
    assert not _leads_somewhere("docs/use.md", "README.md")


def _leads_somewhere(page: str, link: str) -> bool:
    file, _, anchor = link.partition("#")
    path = (ROOT / page).parent / file if file else ROOT / page
    return path.exists() and (not anchor or anchor in _anchors(path))


def _anchors(path: Path) -> set[str]:
    """As Python-Markdown and GitHub derive them from headings, or as a heading specifies."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", path.read_text(), re.M):
        said = re.search(r"\{ *#([\w-]+) *\}", heading)
        found.add(said[1] if said else re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-"))
    return found


def test_every_command_that_is_named_exists_with_its_options() -> None:
    named = [text for _, text in spans() if re.match(r"(\.venv/bin/)?md5-service \w", text)]
    assert len(named) >= 20
    assert [(text, wrong) for text in named if (wrong := _wrong_in(text))] == []
    assert _wrong_in("md5-service nothing") == "nothing"
    assert _wrong_in("md5-service put --nothing x") == "--nothing"


def _wrong_in(text: str) -> str | None:
    words = text.replace("\\|", "|").split(" | ")[0].split()[1:]
    command = get_command(main.app)
    while inner := getattr(command, "commands", {}):
        if not words or words[0].startswith("-"):
            break
        name = words.pop(0)
        if name not in inner:
            return name
        command = inner[name]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }
    return next((word for word in words if word.startswith("--") and word.partition("=")[0] not in known), None)


def test_every_target_of_make_that_is_named_exists() -> None:
    named = {text.split()[1] for _, text in spans() if re.match(r"make [a-z]", text)}
    assert len(named) >= 8
    assert named - set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)) == set()


def test_every_setting_that_is_named_exists() -> None:
    known = {f"MD5_{name.upper()}" for name in Settings.model_fields} | NO_SETTINGS | OF_OTHERS
    named = {name for page in PAGES if page != "CHANGELOG.md" for name in re.findall(r"\bMD5_[A-Z_]+\b", PAGES[page])}
    assert len(named) >= 18
    assert named - known == set()


def test_every_file_that_is_named_exists() -> None:
    folders = "tests|bench|deployment|docs|frontend|md5_service|md5_task_data"
    written_by = {"docs/adding-a-kind.md", "CHANGELOG.md"}  # a kind that does not exist yet; files that no longer exist
    named = [
        (page, text)
        for page, text in spans()
        if page not in written_by and re.fullmatch(rf"({folders})/[\w./-]+", text)
    ]
    assert len(named) > 15
    made = {"deployment/.env", "deployment/tls", "deployment/prometheus/md5_key"}
    assert [(page, text) for page, text in named if text not in made and not (ROOT / text.rstrip("…")).exists()] == []
