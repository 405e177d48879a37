"""docs/adding-a-kind.md, executed: its code is added to a copy of the repository, which then accepts a file of the new kind,
serves its rows, and shows it on the page."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from md5_task_data import migrations
from tests.browser.conftest import card, choose
from tests.checkout import ROOT, copied
from tests.service import Service

NEW = [
    "md5_task_data/kinds/letters.py",
    "md5_task_data/registry.py",
    "md5_task_data/schema.py",
    f"md5_task_data/migrations/versions/{int(migrations.HEAD) + 1:04}_letters.py",
    "md5_service/worker/kinds/letters.py",
    "md5_service/api/routes/letters.py",
    "frontend/src/kinds/letters/index.tsx",
    "docs/letters.md",
    "zensical.toml",
]
PIECE = re.compile(r"`([\w/.-]+\.\w+)`[^`\n]*:\n\n```(\w+)\n(.*?)^```$", re.M | re.S)
RUN = "import sys; from md5_service.cli.main import main; main()"
TEXT = "Abba, Ärger: aB!".encode()


def pieces() -> Iterator[tuple[str, str, str]]:
    """The pieces of the page: a file, the language of its code, and the code."""
    text = (ROOT / "docs" / "adding-a-kind.md").read_text()
    numbered = text.replace("NNNN", f"{int(migrations.HEAD) + 1:04}").replace("MMMM", migrations.HEAD)
    yield from PIECE.findall(numbered)


def changed(text: str, diff: str) -> str:
    """Apply a diff in which each removed line precedes the line that replaces it."""
    lines = diff.splitlines()
    for gone, new in zip(lines[::2], lines[1::2], strict=True):
        assert text.count(gone[1:]) == 1, gone
        text = text.replace(gone[1:], new[1:])
    return text


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the repository with the new kind, its types generated and its page built."""
    folder = copied(tmp_path / "house", "docs", "frontend")
    shutil.copy(ROOT / "zensical.toml", folder)
    (folder / "frontend" / "node_modules").symlink_to(ROOT / "frontend" / "node_modules")
    for name, language, code in pieces():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if language == "diff":
            file.write_text(changed(file.read_text(), code))
        else:
            file.write_text(f"{file.read_text()}\n\n{code}" if file.exists() else code)
    run(folder, f"{sys.executable} -P -m md5_service.api.export_openapi >frontend/openapi.json")
    run(folder, "cd frontend && npm run --silent types && npx vite build --logLevel warn")
    run(folder, f"{sys.executable} -m zensical build --strict")
    return folder


def run(folder: Path, command: str) -> None:
    prepared = f". {ROOT}/deployment/prepare.sh && cd {ROOT} && need_node && cd {folder} && {command}"
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(["sh", "-c", prepared], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_names_every_file_that_a_kind_costs() -> None:
    assert [name for name, _, _ in pieces()] == NEW
    assert len(NEW) == 9


def test_a_kind_is_added_as_the_documentation_says(house: Path, tmp_path: Path, page: Page, is_long: bool) -> None:
    service = Service(tmp_path / "service", {"PYTHONPATH": str(house)}, (sys.executable, "-P", "-c", RUN, "up"))
    try:
        service.start()
        _is_taken_and_kept(service)
        _is_on_the_page(service, page)
    finally:
        service.end()
    if is_long:
        run(house, f"{ROOT}/.venv/bin/mypy --config-file {ROOT}/pyproject.toml md5_service md5_task_data")
        run(house, f"{ROOT}/.venv/bin/ruff check --config {ROOT}/pyproject.toml md5_service md5_task_data")
        run(house, "cd frontend && npm run --silent typecheck")
        run(house, "cd frontend && npx eslint --max-warnings 0 src/kinds/letters")
    assert not any((ROOT / name).exists() for name in NEW if "letters" in name)


def _is_taken_and_kept(service: Service) -> None:
    with service.client() as client:
        refused = client.post("/v1/tasks?kind=letters&ignore_case=perhaps", content=TEXT)
        assert refused.json()["detail"].endswith("must be yes or no: whether A and a are the same letter.")
        task_id = service.hand_over(TEXT, kind="letters", ignore_case="yes")
        assert service.ended(task_id)["result"] == {"total": 11, "different": 6}
        assert service.log_lines()[0]["result"] == {"total": 11, "different": 6}
        rows = client.get(f"/v1/letters/{task_id}").json()
        assert rows[:3] == [{"letter": letter, "times": times} for letter, times in (("a", 3), ("b", 3), ("r", 2))]
        assert client.get("/v1/letters/01a201f5-3560-7681-96d2-5d5d82951648").status_code == 404
        assert service.ended(service.hand_over(b"\xff", kind="letters"))["error"]["detail"].startswith(
            "This file is not UTF-8"
        )
        assert client.delete(f"/v1/tasks/{task_id}/results").status_code == 204
        assert client.get(f"/v1/letters/{task_id}").json() == []
    assert service.ended(service.hand_over(b"abc"))["result"] == {"md5": "900150983cd24fb0d6963f7d28e17f72"}


def _is_on_the_page(service: Service, page: Page) -> None:
    page.goto(service.url)
    page.get_by_label("Count letters").check()
    page.get_by_label("A and a are the same").check()
    choose(page, "text.txt", content=TEXT)
    mine = card(page, "text.txt")
    expect(mine.get_by_test_id("letters")).to_contain_text("11 letters, 6 of them different.")
    mine.get_by_role("link", name="Look at them").click()
    expect(page.get_by_role("heading", name="Letters", exact=True)).to_be_visible()
    expect(page.get_by_role("listitem").first).to_have_text("a: 3")
    page.goto(f"{service.url}/tasks?kind=letters")
    expect(page.get_by_role("link", name="text.txt")).to_be_visible()
