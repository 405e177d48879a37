"""The page at /tasks, the administrator's view, in a real browser, on the running service."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import in_both, visible
from tests.service import Service


def row(page: Page, name: str) -> Locator:
    return page.get_by_test_id("task").filter(has_text=name).first


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_what_is_handed_over_comes_into_the_list_and_the_counts_by_itself(
    page: Page, start_service: Callable[..., Service]
) -> None:
    service = start_service()
    page.goto(f"{service.url}/tasks")
    expect(page.get_by_text("No files have been uploaded yet")).to_be_visible()
    expect(page.get_by_test_id("count-done")).to_have_count(0)
    with service.without_workers():
        service.hand_over(b"abc", name="one.bam")
        expect(row(page, "one.bam")).to_contain_text("Queued")
        expect(page.get_by_test_id("count-queued")).to_have_text("1")
        expect(page.get_by_test_id("oldest")).to_contain_text("The oldest unfinished task was uploaded")
    expect(row(page, "one.bam")).to_contain_text("Done")
    expect(page.get_by_test_id("count-done")).to_have_text("1")
    expect(page.get_by_test_id("last-hour")).to_have_text("Last hour: 1 done; at most 1 per minute")
    expect(page.locator("canvas")).to_have_count(0)
    page.get_by_test_id("last-hour").click()
    expect(page.locator("canvas")).to_be_visible()
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
    expect(page.get_by_test_id("count-done")).to_have_text("1")  # all of it is computed from the rows
    expect(page.locator("canvas")).to_be_visible()  # the browser remembers that it is open


def test_the_list_is_narrowed_by_status_name_batch_and_digest(page: Page, service: Service) -> None:
    batch = f"narrow {page.evaluate('innerWidth')}"
    wanted = service.hand_over(b"narrow", name="Wanted_1.bam", batch=batch)
    other = service.hand_over(b"other", name="other.bam", batch=batch)
    for task_id in (wanted, other):
        service.ended(task_id)
    page.goto(f"{service.url}/tasks?batch={batch}")
    expect(page.get_by_test_id("task")).to_have_count(2)
    page.get_by_label("File name").fill("wanted_")
    page.get_by_label("File name").press("Enter")
    expect(page.get_by_test_id("task")).to_have_count(1)
    page.get_by_label("MD5").fill("900150983cd24fb0d6963f7d28e17f72")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("No tasks match.")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("MD5")).to_have_value("")
    expect(row(page, "Wanted_1.bam")).to_be_visible()
    page.get_by_label("Status").select_option("failed")
    expect(page.get_by_text("No tasks match.")).to_be_visible()
    expect(page).to_have_url(re.compile("status=failed"))
    page.get_by_role("link", name="Clear filters").click()
    expect(page).to_have_url(f"{service.url}/tasks")


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_eight_rows_are_above_the_fold_and_what_is_not_as_expected_is_found_and_exported(
    page: Page, service: Service
) -> None:
    wrong = service.hand_over(b"abc", name="L1/wrong.bam", batch="above", expected_md5="0" * 32)
    others = [service.hand_over(b"abc", name=f"L1/reads_{number}.bam", batch="above") for number in range(20)]
    for task_id in (wrong, *others):
        service.ended(task_id)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{service.url}/tasks")
    rows = page.get_by_test_id("task")
    expect(rows.nth(20)).to_be_attached()
    expect(page.get_by_test_id("last-hour")).to_be_visible()
    assert visible(rows) >= 8
    page.get_by_test_id("count-mismatch").click()
    expect(page).to_have_url(f"{service.url}/tasks?verdict=mismatch")
    expect(row(page, "L1/wrong.bam")).to_contain_text("Does not match")
    expect(row(page, "L1/wrong.bam")).not_to_contain_text("Done")
    page.get_by_label("Batch").fill("above")
    page.get_by_role("button", name="Apply").click()
    expect(rows).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename == "tasks.csv"
    header, *lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert header.startswith("id,kind,status,")
    assert [line.split(",")[0] for line in lines] == [wrong]

    today = page.evaluate("new Date().toLocaleDateString('sv')")
    fields = page.locator(".filters > div, .filters > [type=submit]").all()
    assert len({round(box["y"] + box["height"]) for box in map(Locator.bounding_box, fields) if box}) == 1  # one row
    page.get_by_label("Verdict").select_option("any")
    expect(rows).to_have_count(21)
    page.get_by_label("From", exact=True).fill(today)
    page.get_by_label("To", exact=True).fill(today)
    expect(page).to_have_url(re.compile("created_before="))
    expect(rows).to_have_count(21)
    page.get_by_label("From", exact=True).fill("2020-01-01")
    page.get_by_label("To", exact=True).fill("2020-01-31")
    expect(page.get_by_text("No tasks match.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("To", exact=True)).to_have_value("2020-01-31")


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_a_part_of_a_name_finds_its_task(page: Page, service: Service) -> None:
    task_id = service.hand_over(b"abc", name="L7/only one has this name.bam")
    page.goto(f"{service.url}/tasks/nonsense")
    page.get_by_label("Id, link, or part of a file name").fill("ONLY one has")
    page.get_by_role("button", name="Look up").click()
    expect(page).to_have_url(f"{service.url}/tasks/{task_id}")


def test_what_is_selected_is_cancelled_and_retried(page: Page, service: Service) -> None:
    batch = f"selected {page.evaluate('innerWidth')}"
    with service.without_workers():
        for index in range(5):
            service.hand_over(b"abc", name=f"file {index}", batch=batch)
        page.goto(f"{service.url}/tasks?batch={batch}")
        page.get_by_label("Select file 0").check()
        page.get_by_label("Select file 1").check()
        page.get_by_role("button", name="Cancel 2").click()
        expect(page.get_by_test_id("said")).to_have_text("2 tasks cancelled.")
    for name in ("file 0", "file 1"):
        expect(row(page, name)).to_contain_text("Cancelled")
    for name in ("file 2", "file 3", "file 4"):
        expect(row(page, name)).to_contain_text("Done")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Retry 2").click()
    expect(page.get_by_test_id("said")).to_have_text("2 tasks queued for a retry.")
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

    for stop in ("Get MD5s", "Batch", "Choose files", "Choose a folder", "Id, link, or part"):
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
