"""A real Chromium. Without one, these tests fail in CI; elsewhere they are skipped with a message."""

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, expect, sync_playwright
from sqlalchemy import update

from md5_task_data.database.engine import Database
from md5_task_data.schema import SECOND, tasks
from md5_task_data.sql import now
from tests.client import IN_TIME_S
from tests.servers import needed
from tests.service import Service

QUIET = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # The first is the same engine without windows, which needs half the CPU.
    chromium, *_ = needed("a browser", "chromium-headless-shell", "chromium-headless-shell", fallback="chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


expect.set_options(timeout=IN_TIME_S * 1000)

WIDE, NARROW = "1280 light", "360 dark"
in_both = pytest.mark.parametrize("context", [WIDE, NARROW], indirect=True)


# test_accessibility.py covers every page and state at both widths; the long form also repeats the journeys at both.
@pytest.fixture(params=[WIDE, pytest.param(NARROW, marks=pytest.mark.long)])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    width, scheme = request.param.split()
    context = browser.new_context(
        viewport={"width": int(width), "height": 900},
        color_scheme=scheme,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(IN_TIME_S * 1000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test on any script error, violation of the policy, or request to another host."""
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda request: None if "127.0.0.1" in request.url else wrong.append(request.url))
    yield page
    assert wrong == []


def choose(page: Page, *names: str, content: bytes = b"abc") -> None:
    """Choose files with the button."""
    files: list[FilePayload] = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": content} for name in names
    ]
    page.get_by_label("Choose files").set_input_files(files)


def sign_in(page: Page, key: str) -> None:
    """Sign in on a page that asks for a key."""
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()


def card(page: Page, name: str) -> Locator:
    return page.get_by_test_id("file").filter(has_text=name).first


def visible(rows: Locator) -> int:
    """How many of them are entirely visible without scrolling."""
    return int(
        rows.evaluate_all("rows => rows.filter(row => row.getBoundingClientRect().bottom <= innerHeight).length")
    )


def opened(page: Page, name: str) -> Locator:
    """The row of a file, with its details."""
    row = card(page, name)
    toggle = row.locator("button[aria-expanded]")
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    return row


@contextlib.contextmanager
def halfway(service: Service, task_id: str, **how: object) -> Iterator[None]:
    """Show a task as half done, or as `how` says, for the duration of the block; then cancel it. Only with `without_workers`."""
    database = Database(service.database_url)
    half = {"status": "running", "attempt": 1, "started_at": now(), "due_at": now() + 600 * SECOND}
    half |= {"progress": tasks.c.size // 2} | how
    with database.transaction() as db:
        db.execute(update(tasks).where(tasks.c.id == task_id).values(half))
    database.close()
    try:
        yield
    finally:
        with service.client() as client:
            assert client.delete(f"/v1/tasks/{task_id}").status_code == 200
