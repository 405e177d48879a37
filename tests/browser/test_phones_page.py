"""Phone numbers: from the upload of a text to the numbers in it, in a real browser, on the running service."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import card, choose, visible
from tests.client import wait_for
from tests.service import LARGE, WORKER, Service

pytestmark = pytest.mark.parametrize("context", ["1280 light"], indirect=True)  # other widths: test_accessibility.py


def text_with(numbers: int) -> str:
    """Each line has a number; every third is from Germany."""
    kinds = ("+49 30 1234{:05}", "(415) 555-{:04}", "+44 121 234 {:04}")
    return "".join(f"line {at}: please call {kinds[at % 3].format(at % 10_000)} before noon\n" for at in range(numbers))


def numbers(page: Page) -> Locator:
    return page.get_by_test_id("phone")


def test_a_text_becomes_numbers_that_are_found_copied_exported_and_deleted(page: Page, service: Service) -> None:
    page.goto(service.url)
    page.get_by_label("Find phone numbers").check()
    expect(page).to_have_url(f"{service.url}/?kind=phones")
    page.get_by_label("Country").select_option("United States")
    choose(page, "calls.txt", content=text_with(150).encode())
    mine = card(page, "calls.txt")
    expect(mine.get_by_test_id("phone-numbers")).to_have_text("150 numbers, 150 different. Look at them")
    task_id = mine.get_by_test_id("id").inner_text()
    assert service.task(task_id)["params"] == {"region": "US"}

    mine.get_by_role("link", name="Look at them").click()
    expect(numbers(page)).to_have_count(100)
    assert visible(numbers(page)) >= 14
    second = numbers(page).nth(1)
    expect(second.get_by_role("cell")).to_have_text(
        [
            "2",
            "+14155550001",
            "",
            "United States",
            "line 1: please call (415) 555-0001 before noon",
            "Copy number +14155550001",
        ]
    )
    second.get_by_role("button", name="Copy").click()
    expect(second.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "+14155550001"
    page.get_by_role("link", name="Next").click()
    expect(numbers(page)).to_have_count(50)
    page.get_by_role("link", name="Previous").click()
    expect(numbers(page)).to_have_count(100)

    page.get_by_role("link", name="Germany").click()
    expect(numbers(page)).to_have_count(50)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download matches as CSV").click()
    assert download.value.suggested_filename == "phones.csv"
    exported = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(exported) == 51
    assert all(",DE," in row for row in exported[1:])

    page.get_by_role("link", name="Clear filters").click()
    page.get_by_label("Number", exact=True).fill("415.555.0031")
    page.get_by_role("button", name="Find").click()
    expect(numbers(page)).to_have_count(1)
    expect(numbers(page)).to_contain_text("line 31:")
    page.reload()
    expect(page.get_by_label("Number", exact=True)).to_have_value("415.555.0031")
    expect(numbers(page)).to_have_count(1)
    page.get_by_label("Number", exact=True).fill("nonsense")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("must be a phone number")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()

    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Delete the numbers and the file").click()
    expect(page.get_by_text("were deleted on request")).to_be_visible()
    with service.client() as client:
        assert client.get(f"/v1/tasks/{task_id}/phones").status_code == 410
    page.get_by_role("link", name="Choose another file").click()
    expect(page.get_by_test_id("phone-file").filter(has_text="calls.txt").first).to_contain_text("deleted")


def test_numbers_are_shown_before_the_search_has_ended(page: Page, start_service: Callable[..., Service]) -> None:
    service = start_service(part_bytes=4096, phones_region="US")  # many parts, each of which takes a while to store
    task_id = service.hand_over(text_with(8_000).encode(), kind="phones", name="long.txt")
    with service.client() as client:
        wait_for(lambda: client.get(f"/v1/tasks/{task_id}/phones").json()["items"], "the first numbers")
    workers = [*service.parts(WORKER), *service.parts(LARGE)]
    service.suspend(workers)
    page.goto(f"{service.url}/phones?task={task_id}")
    expect(numbers(page).first).to_contain_text("line 0: please call +49 30 123400000 before noon")
    expect(page.get_by_test_id("status")).to_contain_text("Being searched by all workers")
    expect(page.get_by_test_id("counts")).to_contain_text("found so far, from 3 countries")
    expect(page.get_by_role("button", name="Download CSV")).to_have_attribute("aria-disabled", "true")
    page.get_by_label("Number", exact=True).fill("(415) 555-7999")  # it stands in the last part
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Matches appear here as they are found")).to_be_visible()
    for worker in workers:
        worker.resume()
    expect(numbers(page)).to_have_count(1)
    expect(page.get_by_role("link", name="Download matches as CSV")).to_be_visible()
    expect(page.get_by_test_id("counts")).to_have_text("8,000 numbers, 8,000 different, from 3 countries")
