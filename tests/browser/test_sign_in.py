"""A service that requires keys, in a real browser: sign in, upload, follow, download, and sign out without a trace."""

import hashlib
import re

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import card, choose, sign_in
from tests.service import API, WORKER, Service

ABC = hashlib.md5(b"abc").hexdigest()
DROP = """() => {
    const data = new DataTransfer();
    data.items.add(new File(['abc'], 'reads.bam'));
    for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The paths of the API that the page has requested."""
    paths: list[str] = []

    def note(request: Request) -> None:
        if "/v1/" in request.url:
            paths.append(request.url.partition("/v1/")[2])

    page.on("request", note)
    return paths


def break_off(route: Route) -> None:
    route.abort()


@pytest.mark.shows("POST /v1/session")
def test_from_the_first_key_to_the_next_owner(page: Page, service_with_keys: Service, owner: str) -> None:
    service = service_with_keys
    ann, bob = (service.new_key(name)[1] for name in (owner, f"bob-{owner}"))
    page.goto(service.url)
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    expect(page.get_by_text("Ask your administrator for a key.")).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_count(0)
    sign_in(page, ann[:-1])
    expect(page.get_by_role("alert")).to_contain_text("The API key is wrong")
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    page.keyboard.type(ann)  # replaces the wrong one, which is selected
    page.keyboard.press("Enter")
    expect(page.get_by_role("banner")).to_contain_text(owner)
    expect(page.get_by_role("main")).to_be_focused()
    assert page.evaluate("document.cookie") == ""  # no script can read it
    assert [cookie["sameSite"] for cookie in page.context.cookies()] == ["Strict"]

    of_one_task = re.compile(r"/v1/tasks/[0-9a-f-]{36}$")
    page.route(of_one_task, break_off)  # so that its outcome can only arrive as an event
    page.evaluate(DROP)
    expect(card(page, "reads.bam").get_by_test_id("md5")).to_have_text(ABC)
    page.unroute(of_one_task)
    task_id = card(page, "reads.bam").get_by_test_id("id").inner_text()

    page.goto(f"{service.url}/tasks/{task_id}")  # reloaded: the cookie is still there
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes() == b"abc"
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.get_by_test_id("task")).to_have_count(1)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    expect(page.get_by_text("reads.bam")).to_have_count(0)
    assert page.context.cookies() == []
    sign_in(page, bob)
    expect(page.get_by_role("banner")).to_contain_text(f"bob-{owner}")
    expect(page.get_by_test_id("file")).to_have_count(0)
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.get_by_text("No files have been uploaded yet")).to_be_visible()
    page.goto(f"{service.url}/tasks/{task_id}")
    expect(page.get_by_text("There is no task with this id.")).to_be_visible()


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_a_key_that_is_revoked_ends_what_the_page_shows_and_the_page_does_not_insist(
    page: Page, asked: list[str], service_with_keys: Service, owner: str
) -> None:
    service = service_with_keys
    key_id, key = service.new_key(owner)
    page.clock.install()
    page.goto(f"{service.url}/tasks")
    sign_in(page, key)
    expect(page.get_by_text("No files have been uploaded yet")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Upload", exact=True).click()
    choose(page, "reads.bam")
    expect(card(page, "reads.bam").get_by_test_id("md5")).to_have_text(ABC)
    page.get_by_role("link", name="Tasks", exact=True).click()
    service.revoke(key_id)
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    asked.clear()
    page.clock.run_for(10_000)
    assert asked == []
    sign_in(page, key)
    expect(page.get_by_role("alert")).to_contain_text("revoked")
    sign_in(page, service.new_key(owner)[1])
    expect(page.get_by_test_id("task")).to_have_count(1)
    page.get_by_role("navigation").get_by_role("link", name="Upload", exact=True).click()
    expect(card(page, "reads.bam").get_by_test_id("md5")).to_have_text(ABC)  # the same owner's list is still there


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_a_stream_of_events_that_meets_a_401_is_not_opened_again_and_again(
    page: Page, asked: list[str], service_with_keys: Service, owner: str
) -> None:
    service = service_with_keys
    key_id, key = service.new_key(owner)
    page.clock.install()
    page.goto(service.url)
    sign_in(page, key)
    expect(page.get_by_role("banner")).to_contain_text(owner)
    workers = service.parts(WORKER)
    service.suspend(workers)
    try:
        with page.expect_request("**/v1/tasks/events?*"):
            choose(page, "reads.bam")
        service.revoke(key_id)
        api = service.parts(API)
        for process in api:
            process.kill()  # and its stream with it; the supervisor starts another
        expect(page.get_by_label("Key", exact=True)).to_be_focused()
        asked.clear()
        page.clock.run_for(10_000)
        assert asked == []
    finally:
        for worker in workers:
            worker.resume()


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_two_windows_always_show_the_same_owner_and_upload_for_no_other(
    page: Page, service_with_keys: Service, owner: str
) -> None:
    service = service_with_keys
    other = page.context.new_page()
    page.goto(service.url)
    other.goto(service.url)
    sign_in(page, service.new_key(owner)[1])
    expect(other.get_by_role("banner")).to_contain_text(owner)
    page.get_by_label("Batch").fill("typed by the first")
    other.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Key", exact=True)).to_be_visible()
    sign_in(other, service.new_key(f"bob-{owner}")[1])
    expect(page.get_by_role("banner")).to_contain_text(f"bob-{owner}")
    expect(page.get_by_label("Batch")).to_have_value("")
    choose(page, "of-bob.bam")
    expect(card(page, "of-bob.bam").get_by_test_id("md5")).to_have_text(ABC)
    other.close()
