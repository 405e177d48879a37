"""What stands around a phone number in its line, whatever the encoding, as long as the file is stored."""

from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import update

from md5_service.worker import sweeper
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.schema import tasks as table
from tests.api.conftest import Api
from tests.api.searching import Worker, listed, searched


@pytest.mark.parametrize("stored", ["bucket", "database"])
def test_what_stands_around_a_number_can_be_shown(start_api: Callable[..., Api], stored: str) -> None:
    api = start_api(**({} if stored == "bucket" else {"small_file_bytes": 16 << 10}))
    with closing(Database(api.settings.database_url)) as database:
        worker = Worker(api, database)
        task_id = searched(api, worker)
        around = [(each["before"], each["after"]) for each in listed(api, task_id, context=8)["items"]]
        assert around == [("call ", " now"), ("or ", ", été"), ("London ", ""), ("free ", "")]
        assert "before" not in listed(api, task_id)["items"][0]
        wide = f"{'ä€𝄞' * 100}: 650 253 0000 {'日本' * 200}\n"
        for encoding in ("utf-8", "utf-16-le", "gb18030"):
            task_id = searched(api, worker, ("x\n" + wide).encode(encoding), encoding=encoding)
            (found,) = listed(api, task_id, context=200)["items"]
            assert len(found["before"]) == len(found["after"]) == 200
            assert wide == f"{wide[:102]}{found['before']}650 253 0000{found['after']}{wide[514:]}"
            (found,) = listed(api, task_id, context=1)["items"]
            assert (found["before"], found["after"]) == (" ", " ")
        for before in ("", "a"):  # where a character begins cannot be told from the middle of the text
            text = f"{before}x {'中文电话记录' * 20} 电话 +86 10 6552 9988"
            for encoding in ("gb18030", "cp949", "big5") if stored == "bucket" else ("gb18030",):
                shown = text if encoding == "gb18030" else text.replace("电话", "話").replace("记录", "中")
                task_id = searched(api, worker, shown.encode(encoding), encoding=encoding)
                (found,) = listed(api, task_id, context=20)["items"]
                assert (shown[: shown.index("+")]).endswith(found["before"])
                assert found["before"].endswith("话 " if encoding == "gb18030" else "話 ")
        with database.transaction() as db:
            db.execute(update(table).values(due_at=0))
        sweeper.delete_expired(database, Bucket(api.settings.bucket_url))
        (found,) = listed(api, task_id, context=1)["items"]
        assert (found["before"], found["after"]) == (None, None)
