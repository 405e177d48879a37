"""The screenshots of the documentation. They are always taken, but saved only with SCREENSHOT=1 (`make gallery`)."""

import hashlib
import os
import random
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import delete, func, insert, select, update

from md5_task_data.database.engine import Database
from md5_task_data.log import statistics
from md5_task_data.schema import SECOND, ended_minutes, tasks
from tests.browser.conftest import card, halfway
from tests.checkout import ROOT
from tests.service import Service

PICTURES = ROOT / "docs" / "gallery"
NAMES = ("delivery.png", "task.png", "tasks.png", "phone.png")
FEWEST_BYTES = 10_000  # of any picture that is not empty
BATCH = "run 2026-12-01"


@pytest.mark.long
@pytest.mark.parametrize("context", ["1280 light"], indirect=True)
def test_the_gallery(page: Page, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    is_wanted = bool(os.environ.get("SCREENSHOT"))
    folder = PICTURES if is_wanted else tmp_path
    folder.mkdir(exist_ok=True)
    service: Service = request.getfixturevalue("start_service")() if is_wanted else request.getfixturevalue("service")
    _fill(service, 40 if is_wanted else 2)

    page.goto(f"{service.url}/?job=check")
    names = [f"sample-{number}_R{read}.fastq.gz" for number in (40, 41, 42) for read in (1, 2)]
    contents = {name: os.urandom(200_000 + 31_000 * index) for index, name in enumerate([*names, "notes.txt"])}
    listed = [f"{hashlib.md5(contents[name]).hexdigest()}  {name}" for name in names]
    page.get_by_label("Expected MD5").fill("\n".join([*listed, f"{'0' * 32}  sample-43_R1.fastq.gz"]))
    contents[names[3]] = contents[names[3]][:-1]
    files: list[FilePayload] = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": sent} for name, sent in contents.items()
    ]
    page.get_by_label("Choose files").set_input_files(files)
    expect(card(page, names[3])).to_contain_text("Does not match")
    expect(page.get_by_text("Matches", exact=True)).to_have_count(5)
    page.screenshot(path=folder / "delivery.png", full_page=True)
    page.get_by_role("button", name="Clear list").click()
    page.get_by_label("Get MD5s").check()
    with service.without_workers():
        (tmp_path / "sample-50_R1.fastq.gz").write_bytes(os.urandom(24_000_000))
        page.get_by_label("Choose files").set_input_files(tmp_path / "sample-50_R1.fastq.gz")
        expect(card(page, "sample-50_R1").get_by_test_id("id")).to_be_visible()
        task_id = card(page, "sample-50_R1").get_by_test_id("id").inner_text()
        with halfway(service, task_id):
            expect(card(page, "sample-50_R1")).to_contain_text("Being hashed, 50 %")
            card(page, "sample-50_R1").get_by_role("link", name="details").click()
            expect(page.get_by_test_id("timeline")).to_contain_text("12.0 MB of 24.0 MB hashed")
            page.screenshot(path=folder / "task.png", full_page=True)
            page.emulate_media(color_scheme="dark")
            page.get_by_role("link", name="Tasks", exact=True).click()
            page.get_by_label("Select sample-50_R1").check()
            expect(page.get_by_test_id("count-running")).not_to_have_text("0")
            page.set_viewport_size({"width": 1280, "height": 1200})
            page.screenshot(path=folder / "tasks.png")
            page.set_viewport_size({"width": 360, "height": 780})
            page.get_by_role("link", name="Upload", exact=True).click()
            page.screenshot(path=folder / "phone.png")

    for name in NAMES:
        assert (folder / name).stat().st_size > FEWEST_BYTES
        assert (PICTURES / name).is_file()
    assert {path.name for path in PICTURES.iterdir()} == set(NAMES)


def _fill(service: Service, count: int) -> None:
    """Create files of every outcome, as if they had been uploaded within the last hour."""
    chance = random.Random(17)
    for index in range(count):
        service.hand_over(chance.randbytes(5000), name=f"sample-{index // 2:02}_R{index % 2 + 1}.fastq.gz", batch=BATCH)
    with service.without_workers():
        lost = service.hand_over(bytes(20_000), name="lost.bam", batch=BATCH)
        (service.folder / "bucket").joinpath(next((service.folder / "bucket").rglob(lost))).unlink()
        unwanted = service.hand_over(b"no", name="unwanted.bam", batch=BATCH)
        with service.client() as client:
            client.delete(f"/v1/tasks/{unwanted}")
    for task_id in (lost, unwanted):
        service.ended(task_id)
    database = Database(service.database_url)
    with database.transaction() as db:
        task_ids = db.scalars(select(tasks.c.id).where(tasks.c.batch == BATCH).order_by(tasks.c.id)).all()
        for task_id, earlier_s in zip(
            task_ids, sorted(chance.choices(range(55 * 60), k=len(task_ids)))[::-1], strict=True
        ):
            moved = {
                name: tasks.c[name] - earlier_s * SECOND
                for name in ("created_at", "started_at", "computed_at", "finished_at")
            }
            db.execute(update(tasks).where(tasks.c.id == task_id).values(moved))
        minute = (tasks.c.finished_at // statistics.MINUTE).label("minute")
        key = (tasks.c.owner, minute, tasks.c.outcome)
        counted = select(*key, func.count()).where(tasks.c.finished_at.is_not(None)).group_by(*key)
        db.execute(delete(ended_minutes))
        db.execute(insert(ended_minutes).from_select(list(ended_minutes.columns.keys()), counted))
    database.close()
