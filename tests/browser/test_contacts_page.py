"""Contacts: from the upload of a CSV to the record of an address, in a real browser, on the running service."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import card, choose, visible
from tests.service import Service


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)  # its states at other widths: test_accessibility.py
def test_a_csv_becomes_contacts_and_a_report_of_the_rows_that_are_none(page: Page, service: Service) -> None:
    names = [f"person{number:02}" for number in range(60)]
    rows = [f"Person {number};{name}@example.org;0{number}" for number, name in enumerate(names)]
    rows += [f"Again;{names[0].upper()}@example.org;1", "Nobody;nicholas@example;2", ";;", '"=1+1;";no address;3']
    csv = "\n".join(rows).encode()

    page.goto(service.url)
    page.get_by_label("Contacts").check()
    expect(page).to_have_url(f"{service.url}/?kind=contacts")
    page.reload()
    expect(page.get_by_label("Contacts")).to_be_checked()
    expect(page.get_by_label("Expected MD5")).to_have_count(0)
    page.get_by_text("Options").click()
    page.get_by_label("Email column").fill("2")
    choose(page, "partner.csv", content=csv)
    mine = card(page, "partner.csv")
    expect(mine.get_by_test_id("counts")).to_have_text("Rows64New contacts60Duplicate1Invalid3")
    expect(mine.get_by_test_id("reading")).to_have_text(
        "Delimiter ; (semicolon) · UTF-8 · no header · addresses in column 2 · names in column 1"
    )
    task_id = mine.get_by_test_id("id").inner_text()
    assert service.task(task_id)["params"] == {"email_column": "2"}

    with page.expect_download() as download:
        mine.get_by_role("link", name="Download the 3 rejected rows").click()
    assert download.value.suggested_filename == "rejects.csv"
    report = Path(download.value.path()).read_bytes()
    with service.client() as client:
        assert client.get(f"/v1/tasks/{task_id}/rejects.csv").content == report
    header, *rejected = report.decode().splitlines()
    assert header == "line,code,message,name,email,column_3"
    assert [row.split(",")[:2] for row in rejected] == [
        ["62", "invalid_address"],
        ["63", "empty_row"],
        ["64", "invalid_address"],
    ]
    assert rejected[0].endswith(",Nobody,nicholas@example,2")
    assert rejected[2].endswith(",'=1+1;,no address,3")

    corrected = report.replace(b"nicholas@example", b"nicholas@example.org")
    choose(page, "corrected.csv", content=corrected)
    expect(card(page, "corrected.csv").get_by_test_id("counts")).to_have_text("Rows3New contacts1Duplicate0Invalid2")
    expect(page.get_by_test_id("rows")).to_have_text("67 rows: 61 new, 1 duplicate, 5 invalid")

    mine.get_by_role("link", name="Contacts of this file").click()
    expect(page.get_by_test_id("of-file")).to_contain_text("partner.csv")
    contacts = page.get_by_test_id("contact")
    expect(contacts).to_have_count(50)
    page.set_viewport_size({"width": 1280, "height": 800})
    assert visible(contacts) >= 12
    page.get_by_role("link", name="Next").click()
    expect(contacts).to_have_count(10)
    expect(contacts.last).to_contain_text(f"{names[-1]}@example.org")
    page.get_by_role("link", name="Previous").click()
    expect(contacts.first).to_contain_text(f"{names[0]}@example.org")

    page.get_by_role("link", name="Show contacts from all files").click()
    page.get_by_label("Email address").fill("Nicholas@EXAMPLE.org")
    page.get_by_role("button", name="Look up").click()
    expect(contacts).to_have_count(1)
    expect(contacts).to_contain_text("nicholas@example.org")
    expect(page.get_by_role("columnheader", name="column_3")).to_be_visible()
    expect(contacts.locator("[data-name=column_3]")).to_have_text("2")
    page.reload()
    contacts.get_by_role("link", name="corrected.csv").click()
    expect(page.get_by_test_id("counts")).to_be_visible()
