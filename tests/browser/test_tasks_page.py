"""The page at /tasks: what the one who runs the service sees, in a real browser, on the running service."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import in_both
from tests.service import Service


def row(page: Page, name: str) -> Locator:
    return page.get_by_test_id("task").filter(has_text=name).first


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_what_is_handed_over_comes_into_the_list_and_the_counts_by_itself(
    page: Page, start_service: Callable[..., Service]
) -> None:
    service = start_service()
    page.goto(f"{service.url}/tasks")
    expect(page.get_by_text("Nothing has been handed over yet")).to_be_visible()
    with service.without_workers():
        service.hand_over(b"abc", name="one.bam")
        expect(row(page, "one.bam")).to_contain_text("Queued")
        expect(page.get_by_test_id("count-queued")).to_have_text("1")
        expect(page.get_by_test_id("oldest")).to_contain_text("The oldest that has not ended")
    expect(row(page, "one.bam")).to_contain_text("Done")
    expect(page.get_by_test_id("count-done")).to_have_text("1")
    expect(page.get_by_test_id("last-hour")).to_have_text("In the last hour: 1 done; at most 1 in a minute.")
    drawn = """() => {
        const canvas = document.querySelector('.throughput canvas');
        const green = ([r, g, b]) => g > 90 && g > r + 40 && g > b + 20;
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && green(data.subarray(at, at + 3))) count += 1;
        return count;
    }"""
    assert page.evaluate(drawn) > 50  # a bar
    service.kill_tree()
    service.start()
    page.reload()
    expect(page.get_by_test_id("count-done")).to_have_text("1")  # all of it is from the rows


def test_the_list_is_narrowed_by_status_name_batch_and_digest(page: Page, service: Service) -> None:
    batch = f"narrow {page.evaluate('innerWidth')}"
    wanted = service.hand_over(b"narrow", name="Wanted_1.bam", batch=batch)
    other = service.hand_over(b"other", name="other.bam", batch=batch)
    for task_id in (wanted, other):
        service.ended(task_id)
    page.goto(f"{service.url}/tasks?batch={batch}")
    expect(page.get_by_test_id("task")).to_have_count(2)
    page.get_by_label("Part of the name").fill("wanted_")
    page.get_by_label("Part of the name").press("Enter")
    expect(page.get_by_test_id("task")).to_have_count(1)
    page.get_by_label("MD5").fill("900150983cd24fb0d6963f7d28e17f72")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("No task is like that")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("MD5")).to_have_value("")
    expect(row(page, "Wanted_1.bam")).to_be_visible()
    page.get_by_label("Status").select_option("failed")
    expect(page.get_by_text("No task is like that")).to_be_visible()
    expect(page).to_have_url(re.compile("status=failed"))
    page.get_by_role("link", name="Show all").first.click()
    expect(page).to_have_url(f"{service.url}/tasks")


def test_what_is_selected_is_cancelled_and_tried_again(page: Page, service: Service) -> None:
    batch = f"selected {page.evaluate('innerWidth')}"
    with service.without_workers():
        for index in range(5):
            service.hand_over(b"abc", name=f"file {index}", batch=batch)
        page.goto(f"{service.url}/tasks?batch={batch}")
        page.get_by_label("Select file 0").check()
        page.get_by_label("Select file 1").check()
        page.get_by_role("button", name="Cancel 2").click()
        expect(page.get_by_test_id("said")).to_have_text("2 cancelled.")
    for name in ("file 0", "file 1"):
        expect(row(page, name)).to_contain_text("Cancelled")
    for name in ("file 2", "file 3", "file 4"):
        expect(row(page, name)).to_contain_text("Done")
    page.get_by_label("Select all that are shown").check()
    page.get_by_role("button", name="Try again 2").click()
    expect(page.get_by_test_id("said")).to_have_text("2 queued to be tried again.")
    expect(page.get_by_test_id("task")).to_have_count(7)
    expect(page.locator("[data-status=done]")).to_have_count(5)


@in_both
def test_the_way_through_the_pages_needs_no_mouse(page: Page, service: Service) -> None:
    task_id = service.hand_over(b"abc", name="by keyboard", batch="keys")
    service.ended(task_id)
    page.goto(service.url)

    def tab_to(name: str) -> None:
        focused = """() => {
            const it = document.activeElement;
            return it.matches('a, button, input, select, textarea') ? `${it.labels?.[0]?.textContent} ${it.textContent}` : '';
        }"""
        for _ in range(60):
            page.keyboard.press("Tab")
            if name in page.evaluate(focused):
                assert page.evaluate("document.activeElement.matches(':focus-visible')")
                return
        raise AssertionError(f"Tab never comes to {name}")

    for stop in ("Get MD5s", "Batch", "Choose files", "Choose a folder", "Id, or a link"):
        tab_to(stop)
    page.reload()
    tab_to("Tasks")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{service.url}/tasks")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"
    page.goto(f"{service.url}/tasks?batch=keys")
    expect(row(page, "by keyboard")).to_be_visible()
    tab_to("Select by keyboard")
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()
    tab_to("by keyboard")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{service.url}/tasks/{task_id}")
