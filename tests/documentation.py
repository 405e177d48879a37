"""The README and the pages of `docs/`, and the commands in them."""

import re

from tests.checkout import ROOT

README = "README.md"
PAGES = {name: (ROOT / name).read_text() for name in (README, "CONTRIBUTING.md", "CHANGELOG.md")}
PAGES |= {f"docs/{path.name}": path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
TYPED = re.compile(r"^\| [^|]+ \| `((?:[^`|]|\\\|)+)` \|$", re.M)  # a row of a table whose last cell is what one types


Block = tuple[str, ...]  # commands that are typed one after the other


def code(page: str, language: str) -> list[str]:
    """The fenced code of a page, in that language."""
    return [text for named, text in FENCE.findall(PAGES[page]) if named == language]


def blocks(page: str) -> list[Block]:
    """The page's fenced commands, without comments."""
    return [tuple(_commands(text)) for text in code(page, "sh")]


def typed(page: str) -> list[Block]:
    """The page's commands in tables, each by itself."""
    return [
        (cell.replace("\\|", "|"),)
        for table in re.findall(r"^\| to \| type[^|]*\|\n(.*?)(?=^(?!\|))", PAGES[page] + "\n", re.M | re.S)
        for cell in TYPED.findall(table)
    ]


def _commands(text: str) -> list[str]:
    lines = (re.sub(r"\s+#.*", "", line).strip() for line in text.replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
