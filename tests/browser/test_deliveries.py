"""Deliveries: files with the list of their MD5s, checked in a real browser on the running service."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import card, choose
from tests.service import Service

ABC = hashlib.md5(b"abc").hexdigest()


@pytest.mark.parametrize(("expected", "words"), [(ABC, "Matches"), ("0" * 32, "Does not match")])
def test_an_expected_md5_gets_a_verdict(page: Page, service: Service, expected: str, words: str) -> None:
    page.goto(f"{service.url}/?job=check")
    page.get_by_label("Expected MD5").fill(f"{expected}  reads.bam")  # a line of md5sum is accepted, too
    choose(page, "reads.bam")
    expect(card(page, "reads.bam").get_by_test_id("status")).to_have_text(words)


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)  # its states at other widths: test_accessibility.py
def test_a_folder_of_many_files_becomes_a_manifest_that_md5sum_accepts(
    page: Page, service: Service, tmp_path: Path, is_long: bool
) -> None:
    """Sizes from zero to some megabytes, in nested folders, with all sorts of names."""
    folder = tmp_path / "run 17"
    small = 300 if is_long else 60  # a third of them in each folder
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
    page.get_by_label("Check a delivery").check()
    page.get_by_label("Expected MD5").fill((tmp_path / "MD5SUMS").read_text())
    page.get_by_label("Choose a folder").set_input_files(folder / "lane 1")  # the list was made in the folder above
    missing = 2 * small // 3 + 1
    expect(page.get_by_text(f"{missing} files of the list are missing.")).to_be_visible()
    expect(page.get_by_test_id("summary")).to_contain_text(
        f"{small // 3 * 4 + 1} files: 1 does not match, {small // 3 - 1} match, {small + 1} done; {missing} missing"
    )
    assert page.get_by_text("Matches", exact=True).count() == small // 3 - 1
    first = page.get_by_test_id("file").first
    expect(first).to_have_attribute("aria-label", "lane 1/ünï 40.fastq")
    expect(first.get_by_test_id("status")).to_have_text("Does not match")


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_a_delivery_is_checked_and_named_are_the_bad_the_missing_and_the_extra_file(
    page: Page, service: Service, tmp_path: Path
) -> None:
    folder = tmp_path / "delivery 7"
    folder.mkdir()
    for name in ("good.bam", "bad.bam", "extra.txt"):
        (folder / name).write_bytes(b"abc")
    (folder / "MD5SUMS").write_text(f"{ABC}  good.bam\n{'0' * 32}  bad.bam\n{ABC}  missing.bam\n")
    page.goto(service.url)
    page.get_by_label("Choose a folder").set_input_files(folder)
    page.get_by_role("button", name="Check a delivery").click()
    expect(page.get_by_text("MD5SUMS was used as the list")).to_be_visible()
    for name, words in (("good.bam", "Matches"), ("bad.bam", "Does not match"), ("missing.bam", "Missing")):
        expect(card(page, name).get_by_test_id("status")).to_have_text(words)
    expect(card(page, "extra.txt")).to_contain_text("Not in the list")
    expect(card(page, "extra.txt")).not_to_contain_text("Done")
    expect(page.get_by_test_id("summary")).to_contain_text(
        "3 files: 1 does not match, 1 not in the list, 1 matches; 1 missing"
    )
    expect(card(page, "MD5SUMS")).to_have_count(0)
    names = [row.get_attribute("aria-label") for row in page.get_by_test_id("file").all()]
    assert [str(name).removeprefix("delivery 7/") for name in names] == [
        "bad.bam",
        "extra.txt",
        "missing.bam",
        "good.bam",
    ]
    page.get_by_role("button", name="Missing 1").click()
    expect(card(page, "good.bam")).to_be_hidden()
    with service.client() as client:
        listed = client.get("/v1/tasks", params={"batch": "delivery 7"}).json()["items"]
    assert len(listed) == 3


@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_a_delivery_is_completed_by_choosing_its_folder_again(page: Page, service: Service, tmp_path: Path) -> None:
    """More files than are read to guess, a list from PowerShell with the paths of another computer, and a reload."""
    folder = tmp_path / "run"
    folder.mkdir()
    names = [f"{index:03}.fastq" for index in range(105)]
    for name in names[1:]:
        (folder / name).write_bytes(b"abc")
    lines = "".join(f"{ABC}  C:\\sequencer\\{name}\r\n" for name in names)
    (folder / "md5sums.txt").write_bytes(lines.encode("utf-16"))
    page.goto(service.url)
    page.get_by_role("radio", name="Get MD5s").press("Space")
    expect(page).to_have_url(f"{service.url}/?kind=md5")
    page.get_by_label("Check a delivery").check()
    page.get_by_label("Choose a folder").set_input_files(folder)
    expect(page.get_by_test_id("file").get_by_text("Matches", exact=True)).to_have_count(104)
    expect(page.get_by_text("1 file of the list is missing.")).to_be_visible()

    page.reload()
    expect(page.get_by_test_id("file").get_by_text("Matches", exact=True)).to_have_count(104)
    (folder / names[0]).write_bytes(b"abc")
    page.get_by_label("Choose a folder").set_input_files(folder)
    expect(page.get_by_text("1 file that this list was waiting for was added.")).to_be_visible()
    expect(page.get_by_test_id("file").get_by_text("Matches", exact=True)).to_have_count(105)
    expect(page.get_by_test_id("file")).to_have_count(105)
    expect(page.get_by_label("Expected MD5")).to_have_value("")
