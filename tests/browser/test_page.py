"""The page at /: the journeys of a user, in a real browser, on the running service, with real files."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import card, choose, in_both
from tests.service import Service

ABC = hashlib.md5(b"abc").hexdigest()


@in_both
def test_a_file_is_uploaded_and_its_md5_comes(page: Page, service: Service) -> None:
    page.goto(service.url)
    choose(page, "reads.fastq.gz")
    mine = card(page, "reads.fastq.gz")
    expect(mine.get_by_test_id("md5")).to_have_text(ABC)
    task_id = mine.get_by_test_id("id").inner_text()
    assert service.ended(task_id)["result"] == {"md5": ABC}
    mine.get_by_role("button", name="Copy id").click()
    assert page.evaluate("navigator.clipboard.readText()") == task_id


def test_files_are_dropped(page: Page, service: Service) -> None:
    page.goto(service.url)
    drop = """() => {
        const data = new DataTransfer();
        for (const name of ['one', 'two']) data.items.add(new File(['abc'], name));
        for (const type of ['dragenter', 'dragover', 'drop'])
            document.body.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    page.evaluate(drop)
    for name in ("one", "two"):
        expect(card(page, name).get_by_test_id("md5")).to_have_text(ABC)


def test_an_invalid_digest_is_told_and_nothing_is_sent(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/?job=check")
    page.get_by_label("Expected MD5").fill("not a digest")
    choose(page, "reads.bam")
    expect(page.get_by_text("Nothing was uploaded")).to_be_visible()


def test_an_id_gives_its_result(page: Page, service: Service) -> None:
    task_id = service.hand_over(b"abc", name="<b>bold</b> \u202egpj.exe")
    page.goto(service.url)
    page.get_by_label("Id, link, or part of a file name").fill(f"  {service.url}/tasks/{task_id} ")
    page.get_by_role("button", name="Look up").click()
    expect(page).to_have_url(f"{service.url}/tasks/{task_id}")
    expect(page.get_by_test_id("md5")).to_have_text(ABC)
    expect(page.get_by_test_id("file").get_by_text("<b>bold</b>")).to_be_visible()  # a name is data, never markup
    page.reload()  # the URL leads here again
    expect(page.get_by_test_id("md5")).to_have_text(ABC)


@pytest.mark.parametrize(
    ("address", "unknown"), [("/?id=", "01a201f5-3560-7681-96d2-5d5d82951648"), ("/tasks/", "nonsense")]
)
def test_an_unknown_id_is_told(page: Page, service: Service, address: str, unknown: str) -> None:
    page.goto(service.url + address + unknown)
    expect(page.get_by_text("There is no task with this id.")).to_be_visible()
    expect(page).to_have_url(f"{service.url}/tasks/{unknown}")


def test_a_task_is_cancelled(page: Page, service: Service) -> None:
    with service.without_workers():
        page.goto(service.url)
        choose(page, "never mind")
        mine = card(page, "never mind")
        expect(mine.get_by_test_id("id")).to_be_visible()  # before, Cancel would stop the upload
        mine.get_by_role("button", name="Cancel").click()
        expect(mine.get_by_text("cancelled", exact=False).first).to_be_visible()


def test_the_page_of_a_task_tells_all_and_what_was_cancelled_is_tried_again(page: Page, service: Service) -> None:
    page.goto(service.url)
    with service.without_workers():
        choose(page, "on second thoughts")
        mine = card(page, "on second thoughts")
        expect(mine.get_by_test_id("id")).to_be_visible()  # before, Cancel would stop the upload
        mine.get_by_role("button", name="Cancel").click()
        mine.get_by_role("link", name="details").click()
        expect(page.get_by_test_id("timeline").get_by_text("Cancelled")).to_be_visible()
    first = page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).read_bytes() == b"abc"
    assert download.value.suggested_filename == "on second thoughts"
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_test_id("md5")).to_have_text(ABC)
    expect(page.get_by_test_id("timeline").get_by_text("The log line was written")).to_be_visible()
    expect(page).not_to_have_url(first)
    page.get_by_text("Show the answer").click()
    expect(page.get_by_test_id("json")).to_contain_text(f'"retry_of": "{first.rpartition("/")[2]}"')
    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Delete the stored file").click()
    expect(page.get_by_test_id("timeline").get_by_text("The stored file was deleted on request")).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_have_count(0)
    page.go_back()
    expect(page.get_by_test_id("status")).to_contain_text("Cancelled")
    page.get_by_role("link", name="Upload", exact=True).click()
    expect(card(page, "on second thoughts")).to_be_visible()  # what was uploaded here is still listed


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_changes_come_by_themselves(page: Page, service: Service) -> None:
    asked: list[str] = []
    answered: list[str] = []
    page.clock.install()
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfinished", lambda request: answered.append(request.url))

    def but_for_events(urls: list[str]) -> list[str]:
        return sorted(url for url in urls if "/v1/tasks/events?" not in url)

    page.goto(service.url)
    with service.without_workers():
        choose(page, "one", "two", "three")
        for name in ("one", "two", "three"):
            expect(card(page, name).get_by_test_id("status")).to_contain_text("Queued")
        page.clock.run_for(1500)
        while but_for_events(asked) != but_for_events(answered):  # what was requested in the meantime
            page.wait_for_timeout(50)
        asked.clear()
        page.clock.run_for(10_000)
    for name in ("one", "two", "three"):
        expect(card(page, name).get_by_test_id("md5")).to_have_text(ABC)
    assert but_for_events(asked) == []


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_a_service_that_is_killed_and_comes_back_is_waited_for(
    page: Page, start_service: Callable[..., Service]
) -> None:
    service = start_service()
    page.goto(service.url)
    with service.without_workers():
        choose(page, "held up")
        expect(card(page, "held up").get_by_test_id("id")).to_be_visible()
        service.kill_tree()
    expect(page.get_by_text("cannot be reached").first).to_be_attached()
    choose(page, "meanwhile")
    expect(card(page, "meanwhile")).to_contain_text("retried automatically")
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.get_by_text("This page could not be loaded")).to_be_visible()
    page.get_by_role("link", name="Upload", exact=True).click()
    service.start()
    for name in ("held up", "meanwhile"):
        expect(card(page, name).get_by_test_id("md5")).to_have_text(ABC)


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_the_list_survives_a_reload_and_says_what_that_interrupted(page: Page, service: Service) -> None:
    page.goto(service.url)
    choose(page, "one", "two")
    for name in ("one", "two"):
        expect(card(page, name).get_by_test_id("md5")).to_have_text(ABC)
    page.route("**/v1/tasks?*", lambda route: None)  # never ends
    choose(page, "cut")
    expect(card(page, "cut")).to_contain_text("Uploading")
    page.once("dialog", lambda question: question.accept())  # the browser asks, because an upload is in progress
    page.reload()
    for name in ("one", "two"):
        expect(card(page, name).get_by_test_id("md5")).to_have_text(ABC)
    expect(page.get_by_role("main")).to_contain_text("1 upload was interrupted")
    page.unroute("**/v1/tasks?*")
    choose(page, "cut")
    expect(card(page, "cut").get_by_test_id("md5")).to_have_text(ABC)
    expect(page.get_by_role("main")).not_to_contain_text("interrupted")
    page.get_by_role("button", name="Clear list").click()
    page.reload()
    expect(page.get_by_role("heading", name="How it works")).to_be_visible()
    expect(page.get_by_test_id("file")).to_have_count(0)


def test_nothing_is_said_of_dropping_on_a_phone(browser: Browser, service: Service) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(service.url)
    expect(page.get_by_role("heading", name="How it works")).to_be_visible()
    assert "drop" not in page.inner_text("body").lower()
    context.close()


def test_the_api_documentation_needs_no_other_host(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/docs")
    expect(page.get_by_text("/v1/tasks").first).to_be_visible()
