"""The page at /: the journeys of a user, in a real browser, on the running service, with real files."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import card, choose, in_both
from tests.service import Service

ABC = hashlib.md5(b"abc").hexdigest()


@in_both
def test_a_file_is_handed_over_and_its_md5_comes(page: Page, service: Service) -> None:
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


@pytest.mark.parametrize(("expected", "words"), [(ABC, "matches"), ("0" * 32, "DOES NOT MATCH")])
def test_an_expected_md5_gets_a_verdict(page: Page, service: Service, expected: str, words: str) -> None:
    page.goto(service.url)
    page.get_by_label("Expected MD5").fill(f"{expected}  reads.bam")  # a line of md5sum will do
    choose(page, "reads.bam")
    expect(card(page, "reads.bam")).to_contain_text(words)


def test_a_digest_that_is_none_is_told_and_nothing_is_sent(page: Page, service: Service) -> None:
    page.goto(service.url)
    page.get_by_label("Expected MD5").fill("not a digest")
    choose(page, "reads.bam")
    expect(page.get_by_text("Nothing was handed over")).to_be_visible()


def test_an_id_gives_its_result(page: Page, service: Service) -> None:
    task_id = service.hand_over(b"abc", name="<b>bold</b> \u202egpj.exe")
    page.goto(service.url)
    page.get_by_label("Id, link, or part of a file name").fill(f"  {service.url}/tasks/{task_id} ")
    page.get_by_role("button", name="Look up").click()
    expect(page).to_have_url(f"{service.url}/tasks/{task_id}")
    expect(page.get_by_test_id("md5")).to_have_text(ABC)
    expect(page.get_by_test_id("file").get_by_text("<b>bold</b>")).to_be_visible()  # a name is data, never markup
    page.reload()  # the address leads here again
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
    page.get_by_role("link", name="Hand over files").click()
    expect(card(page, "on second thoughts")).to_be_visible()  # what was handed over here is still listed


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
            expect(card(page, name).get_by_test_id("id")).to_be_visible()
        page.clock.run_for(1500)
        while but_for_events(asked) != but_for_events(answered):  # what was asked meanwhile
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
    expect(card(page, "meanwhile")).to_contain_text("It begins again by itself")
    page.get_by_role("link", name="All tasks").click()
    expect(page.get_by_text("This page could not be loaded")).to_be_visible()
    page.get_by_role("link", name="Hand over files").click()
    service.start()
    for name in ("held up", "meanwhile"):
        expect(card(page, name).get_by_test_id("md5")).to_have_text(ABC)


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)  # its states at other widths: test_accessibility.py
def test_a_folder_of_many_files_becomes_a_manifest_that_md5sum_accepts(
    page: Page, service: Service, tmp_path: Path, is_long: bool
) -> None:
    """Sizes from nothing to some megabytes, in folders of folders, with names as they come."""
    folder = tmp_path / "run 17"
    small = 300 if is_long else 60  # of which a third lies in each folder
    for index in range(small):
        path = folder / f"lane {index % 3}" / f"ünï {index}.fastq"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(index * 7) if index else b"")
    (folder / "lane 0" / "large.bam").write_bytes(os.urandom(9_000_000))
    page.goto(service.url)
    page.get_by_label("Choose a folder").set_input_files(folder)
    expect(page.get_by_test_id("summary")).to_contain_text(f"{small + 1} files: {small + 1} done")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save MD5SUMS").click()
    assert download.value.suggested_filename == "MD5SUMS"
    download.value.save_as(tmp_path / "MD5SUMS")
    checked = subprocess.run(["md5sum", "-c", "MD5SUMS"], cwd=tmp_path, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count(": OK") == small + 1

    changed = folder / "lane 1" / "ünï 40.fastq"
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    page.get_by_label("Expected MD5").fill((tmp_path / "MD5SUMS").read_text())
    page.get_by_label("Choose a folder").set_input_files(folder / "lane 1")  # the list was made above it
    expect(page.get_by_text(f"no file here for {2 * small // 3 + 1} lines of it")).to_be_visible()
    expect(page.get_by_test_id("summary")).to_contain_text(
        f"{small // 3 * 4 + 1} files: {small // 3 * 4 + 1} done, 1 of them not as expected"
    )
    assert page.get_by_test_id("verdict").count() == small // 3
    expect(card(page, "lane 1/ünï 40.fastq")).to_contain_text("DOES NOT MATCH")


def test_the_api_documentation_needs_no_other_host(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/docs")
    expect(page.get_by_text("/v1/tasks").first).to_be_visible()
