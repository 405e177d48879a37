"""Texts with phone numbers for the API, and what workers do with them, one step at a time."""

from typing import Any

from md5_service.worker.app import kinds
from md5_service.worker.lifecycle import Lifecycle
from md5_task_data.bucket.folder import Bucket
from md5_task_data.database.engine import Database
from md5_task_data.log.shared_log import SharedLog
from md5_task_data.queue.hints import Message
from tests.api.conftest import Api

TEXT = "call (415) 555-2671 now\r\nor +1 650-253-0000 ext. 12, été\nLondon +44 20 7946 0018\nfree +800 1234 5678"


class Worker:
    """What workers and the sweeper do, one step at a time."""

    def __init__(self, api: Api, database: Database, **given: object) -> None:
        self.hints: list[Message] = []
        self.database = database
        settings = api.settings.model_copy(update=given)
        self._log = SharedLog(database, settings.log_path, 86400)
        self._lifecycle = Lifecycle(settings, database, Bucket(settings.bucket_url), kinds(), self.hints.extend)

    def begin(self, task_id: str) -> None:
        self._lifecycle.run([task_id])

    def step(self) -> None:
        self._lifecycle.run(self.hints.pop(0).task_ids)

    def end(self) -> None:
        while self.hints:
            self.step()
        self._log.flush()


def hand_over(api: Api, content: str | bytes = TEXT, **params: str) -> str:
    given = content.encode() if isinstance(content, str) else content
    answer = api.client.post("/v1/tasks", params={"kind": "phones", **params}, content=given)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def searched(api: Api, worker: Worker, content: str | bytes = TEXT, **params: str) -> str:
    task_id = hand_over(api, content, **params)
    worker.begin(task_id)
    worker.end()
    return task_id


def listed(api: Api, task_id: str, **query: str | int) -> Any:
    answer = api.client.get(f"/v1/tasks/{task_id}/phones", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()
