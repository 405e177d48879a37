"""Every page in every state, wide and narrow, light and dark: axe-core finds no violation, nothing is cut off, and nothing moves
for users who prefer reduced motion."""

import itertools
from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import card, choose, halfway, opened, sign_in
from tests.checkout import ROOT
from tests.documentation import PAGES
from tests.service import Service

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
VIEWS = [(1280, "light"), (360, "dark")]  # each width and each scheme once; the long form has all pairs
ALL_VIEWS = list(itertools.product((1280, 360), ("light", "dark")))
FEWEST_RULES = 15  # that found something to check; without any, axe has not seen the page

pytestmark = pytest.mark.parametrize("context", ["1280 light"], indirect=True)


class Look:
    """Runs all checks on a page, and collects what is wrong."""

    def __init__(self, page: Page, views: Sequence[tuple[int, str]]) -> None:
        self.page = page
        self.views = views
        self.wrong: list[str] = []
        self.looks = 0

    def at(self, state: str) -> None:
        self.page.evaluate(AXE.read_text())
        for width, scheme in self.views:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            self._look(f"{state}, {width} {scheme}")

    def _look(self, view: str) -> None:
        found = self.page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
        for violation in found["violations"]:
            self.wrong += [f"{view}: {violation['id']}: {node['html'][:200]}" for node in violation["nodes"]]
        if len(found["passes"]) < FEWEST_RULES:
            self.wrong.append(f"{view}: only {len(found['passes'])} rules had anything to look at")
        if not self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
            self.wrong.append(f"{view}: wider than the window")
        if self.page.evaluate("document.getAnimations().length"):
            self.wrong.append(f"{view}: something moves")
        self.looks += 1


@pytest.fixture
def look(page: Page, is_long: bool) -> Iterator[Look]:
    look = Look(page, ALL_VIEWS if is_long else VIEWS)
    yield look
    assert look.wrong == []
    assert look.looks >= 3 * len(look.views)
    print(f"looked {look.looks} times")


def break_off(route: Route) -> None:
    route.abort()


def test_where_files_are_uploaded(look: Look, service: Service) -> None:
    page = look.page
    page.goto(service.url)
    look.at("empty")
    choose(page, "partner.csv", content=b"Ann;ann@example.org")
    expect(page.get_by_role("heading", name="This looks like a list of contacts.")).to_be_focused()
    look.at("asked what for")
    page.get_by_label("Check a delivery").check()
    page.get_by_label("Expected MD5").fill("not a digest")
    choose(page, "never sent")
    expect(page.get_by_text("Nothing was uploaded")).to_be_visible()
    look.at("refused")
    page.get_by_label("Expected MD5").fill("0" * 32)
    choose(page, "not as expected")
    expect(card(page, "not as expected").get_by_test_id("status")).to_have_text("Does not match")
    look.at("one file, opened")
    page.get_by_label("Expected MD5").fill(f"{'0' * 32}  missing\n{'0' * 32}  {'long-' * 50}\n")
    choose(page, "not in the list")
    expect(card(page, "not in the list")).to_contain_text("Not in the list")
    page.get_by_label("Get MD5s").check()
    with service.without_workers():
        choose(page, "half", "cancelled")
        for name in ("half", "cancelled"):
            expect(opened(page, name).get_by_test_id("id")).to_be_visible()
        card(page, "cancelled").get_by_role("button", name="Cancel cancelled").click()
        with halfway(service, card(page, "half").get_by_test_id("id").inner_text()):
            expect(card(page, "half")).to_contain_text("Being hashed, 33 %")  # a byte of three
            page.route("**/v1/tasks?*", break_off)
            choose(page, "a-very-long-name-" * 14, "stopped")
            expect(card(page, "stopped")).to_contain_text("retried automatically")
            card(page, "stopped").get_by_role("button", name="Cancel").click()
            look.at("files in every state")
            page.get_by_role("button", name="Problems").click()
            expect(card(page, "half")).to_be_hidden()
            page.once("dialog", lambda question: question.accept())  # an upload is in progress
            page.reload()
            expect(page.get_by_role("main")).to_contain_text("1 upload was interrupted")
            expect(card(page, "half")).to_contain_text("33 %")
            look.at("loaded again")
    page.unroute("**/v1/tasks?*")


def test_contacts_from_the_choice_to_the_records(look: Look, service: Service) -> None:
    page = look.page
    page.goto(f"{service.url}/?kind=contacts")
    page.get_by_text("Options").click()
    expect(page.get_by_label("Encoding")).to_be_visible()
    look.at("options")
    long = f"{'x' * 60}@{'y' * 60}.example.org;{'Maximiliane ' * 20};{'no-blank-in-it' * 20};3;4;5;6;7;8;9;10;11;12;13;14;15"
    choose(page, "accessible.csv", content=f"{long}\nnobody;;;;;;;;;;;;;;;\n".encode())
    mine = card(page, "accessible.csv")
    expect(mine.get_by_test_id("counts")).to_be_visible()
    with service.without_workers():
        choose(page, "loading.csv", content=b"a@example.org\n")
        loading = card(page, "loading.csv")
        expect(loading.get_by_test_id("id")).to_be_visible()
        task_id = loading.get_by_test_id("id").inner_text()
        with halfway(service, task_id, status="waiting", unit="rows", total=1_000_000, progress=12_000):
            expect(loading).to_contain_text("by all workers, 12,000 of 1,000,000 rows")
            look.at("loaded, and being loaded")
    mine.get_by_role("link", name="Contacts of this file").click()
    expect(page.get_by_test_id("contact").get_by_role("link", name="accessible.csv")).to_be_visible()
    page.get_by_role("button", name=" more about").click()
    look.at("contacts of a file")
    page.get_by_label("Email address").fill("nobody@example.org")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_text("No contact from this file has the address")).to_be_visible()
    look.at("no such contact")


def test_phone_numbers_from_the_choice_to_the_deleted(look: Look, service: Service) -> None:
    page = look.page
    page.goto(f"{service.url}/?kind=phones")
    expect(page.get_by_label("Country")).to_be_visible()
    look.at("options")
    long = f"{'no-blank-in-it' * 40} +49 30 123456 ext. 1234567 {'please call ' * 40}\n+800 1234 5678\n"
    several = "".join(
        f"+{code}\n" for code in ("1 201 555 0123", "44 121 234 5678", "33 1 23 45 67 89", "39 02 1234 5678")
    )
    choose(page, f"{'accessible-' * 20}.txt", content=f"{long}{several * 30}".encode())
    mine = card(page, "accessible-")
    expect(mine.get_by_test_id("phone-numbers")).to_be_visible()
    look.at("searched")
    mine.get_by_role("link", name="Look at them").click()
    expect(page.get_by_test_id("phone").first).to_contain_text("1234567")
    look.at("numbers")
    page.get_by_label("Number", exact=True).fill("nonsense")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("must be a phone number")).to_be_visible()
    look.at("refused")
    page.get_by_label("Number", exact=True).fill("+49 30 999999")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("No number matches.")).to_be_visible()
    look.at("no match")
    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Delete the numbers").click()
    expect(page.get_by_text("were deleted on request")).to_be_visible()
    look.at("deleted")
    none = service.ended(service.hand_over(b"none here", name="none.txt", kind="phones"))
    page.goto(f"{service.url}/phones?task={none['id']}")
    expect(page.get_by_test_id("none-found")).to_be_visible()
    look.at("none found")
    with service.without_workers():
        task_id = service.hand_over(bytes(1000), name="half.txt", kind="phones")
        with halfway(service, task_id):
            page.goto(f"{service.url}/phones?task={task_id}")
            expect(page.get_by_test_id("status")).to_contain_text("Being searched, 50 %")
            look.at("being searched")
        expect(page.get_by_test_id("gaps")).to_be_visible()
        look.at("cancelled")
    page.goto(f"{service.url}/phones")
    expect(page.get_by_test_id("phone-file").first).to_be_visible()
    look.at("files")


def test_where_a_key_is_asked_for(look: Look, service_with_keys: Service) -> None:
    page, service = look.page, service_with_keys
    page.goto(service.url)
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    look.at("asked for a key")
    sign_in(page, "nonsense")
    expect(page.get_by_role("alert")).to_contain_text("The API key is wrong")
    look.at("a wrong key")
    sign_in(page, service.new_key("o" * 64)[1])
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    look.at("signed in, with a long name")


def test_a_task_in_each_of_its_states(look: Look, service: Service) -> None:
    page = look.page
    page.goto(f"{service.url}/tasks/{service.hand_over(b'abc', name='x' * 255, expected_md5='0' * 32)}")
    expect(page.get_by_test_id("verdict")).to_be_visible()
    page.get_by_text("Show the answer").click()
    look.at("done, not as expected")
    with service.without_workers():
        task_id = service.hand_over(bytes(1000), name="half")
        page.goto(f"{service.url}/tasks/{task_id}")
        expect(page.get_by_test_id("status")).to_contain_text("Queued")
        with halfway(service, task_id):
            expect(page.get_by_test_id("timeline")).to_contain_text("500 bytes of 1.00 KB hashed, 50 %")
            page.route("**/v1/**", break_off)
            page.reload()
            expect(page.get_by_text("cannot be reached").first).to_be_visible()
            look.at("away")
            page.unroute("**/v1/**")
            expect(page.get_by_test_id("timeline")).to_contain_text("hashed, 50 %")
            look.at("running")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    look.at("cancelled")
    page.goto(f"{service.url}/tasks/01a201f5-3560-7681-96d2-5d5d82951648")
    expect(page.get_by_text("There is no task with this id.")).to_be_visible()
    look.at("unknown")
    page.goto(f"{service.url}/tasks/nonsense")
    expect(page.get_by_text("There is no task with this id.")).to_be_visible()
    look.at("not an id")
    riddle = {"kind": "riddle", "result": {"letters": 11, "words": ["one", "two"], "found": {"in": None, "is": True}}}
    task = service.task(service.hand_over(b"abc")) | riddle
    page.route(f"**/v1/tasks/{task['id']}", lambda route: route.fulfill(json=task))
    page.goto(f"{service.url}/tasks/{task['id']}")
    expect(page.get_by_test_id("result")).to_contain_text("letters11")
    look.at("of an unknown kind")


def test_the_list_of_all_tasks(look: Look, service: Service) -> None:
    page = look.page
    service.ended(service.hand_over(b"abc", name="listed", batch="accessible", expected_md5="0" * 32))
    with service.without_workers():
        service.hand_over(b"abc", name="y" * 255, batch="accessible " * 20)
        page.goto(f"{service.url}/tasks")
        page.get_by_label("Select listed").first.check()
        expect(page.get_by_text("1 selected")).to_be_visible()
        expect(page.get_by_text("Only unfinished tasks can be cancelled.")).to_be_visible()
        page.get_by_test_id("last-hour").click()
        expect(page.locator("canvas")).to_be_visible()
        look.at("selected, with the chart")
        page.get_by_test_id("last-hour").click()
        page.set_viewport_size({"width": 360, "height": 900})
        page.get_by_role("button", name="More filters").click()
        expect(page.get_by_label("From", exact=True)).to_be_visible()
        page.get_by_label("MD5").fill("not a digest")
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_text("An MD5 is 32 digits")).to_be_visible()
        look.at("refused")
    page.goto(f"{service.url}/tasks?status=expired")
    expect(page.get_by_text("No tasks match.")).to_be_visible()
    look.at("none")
    page.route("**/v1/**", break_off)
    page.reload()
    expect(page.get_by_text("cannot be reached").first).to_be_visible()
    look.at("away")
    page.unroute("**/v1/**")


def test_the_documentation(look: Look, service: Service, is_long: bool) -> None:
    page = look.page
    every = [name.removeprefix("docs/").removesuffix(".md") for name in PAGES if name.startswith("docs/")]
    for name in every if is_long else ("use", "settings", "adding-a-kind"):
        page.goto(f"{service.url}/help/{'' if name == 'index' else f'{name}/'}")
        look.at(name)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Search").click()
    page.keyboard.type("retry")
    expect(page.get_by_text("results", exact=False).first).to_be_visible()
    with service.client() as client:
        problem = client.get("/v1/tasks?limit=0").json()
    page.goto(service.url + problem["type"])
    expect(page.get_by_role("heading", name="invalid_input")).to_be_in_viewport()
