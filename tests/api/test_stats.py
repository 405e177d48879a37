"""/v1/stats for a page, /metrics for Prometheus."""

import http.client
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from md5_task_data.database.engine import Database
from md5_task_data.registry import KINDS
from md5_task_data.schema import OUTCOMES, tasks
from tests.api.answers import assert_problem
from tests.api.conftest import Api


def samples(api: Api) -> dict[str, float]:
    """Samples by name and labels, read with Prometheus' own parser."""
    answer = api.client.get("/metrics")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    families = text_string_to_metric_families(answer.text)
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_an_empty_service_has_counted_nothing(api: Api) -> None:
    stats = api.client.get("/v1/stats").json()
    assert (stats["counts"], stats["oldest_unfinished_s"]) == ([], None)
    minutes = [datetime.fromisoformat(each["minute"]) for each in stats["last_hour"]]
    assert len(minutes) == 60
    assert {later - earlier for earlier, later in pairwise(minutes)} == {timedelta(minutes=1)}
    assert set(samples(api).values()) == {0.0}


def test_every_series_is_there_from_the_start(api: Api) -> None:
    """Otherwise Prometheus would not see the first failure: a counter that first appears at one has not increased."""
    before = samples(api)
    api.finish(api.hand_over())
    api.flush_log()
    assert samples(api).keys() == before.keys()
    for kind in KINDS:
        for outcome in OUTCOMES:
            assert before[f"md5_tasks_total {kind} {outcome}"] == 0


def test_the_most_leases_that_a_task_has_lost_are_told_until_it_has_ended(api: Api) -> None:
    in_company, alone, other = (api.hand_over() for _ in range(3))
    database = Database(api.settings.database_url)
    with database.transaction() as db:
        for task_id, lost in ((in_company, -1), (alone, 3), (other, 2)):
            db.execute(update(tasks).where(tasks.c.id == task_id).values(lost_leases=lost))
    database.close()
    assert samples(api)["md5_unfinished_lost_leases_max md5"] == 3
    api.finish(alone)
    api.finish(other)
    api.flush_log()
    assert samples(api)["md5_unfinished_lost_leases_max md5"] == 0


@pytest.mark.shows("GET /v1/stats", "GET /metrics")
def test_what_came_in_is_counted_by_what_became_of_it(api: Api) -> None:
    done, cancelled, computed, _ = (api.hand_over() for _ in range(4))
    api.finish(done)
    api.client.delete(f"/v1/tasks/{cancelled}")
    api.flush_log()
    api.finish(computed)

    stats = api.client.get("/v1/stats").json()
    assert {(each["kind"], each["status"]): each["tasks"] for each in stats["counts"]} == {
        ("md5", status): 1 for status in ("done", "cancelled", "computed", "queued")
    }
    ended = [(each["done"], each["failed"], each["cancelled"]) for each in stats["last_hour"]]
    assert [each for each in ended if any(each)] in ([(1, 0, 1)], [(1, 0, 0), (0, 0, 1)])
    assert 0 < stats["oldest_unfinished_s"] < 60

    found = samples(api)
    assert found["md5_tasks_total md5 done"] == found["md5_tasks_total md5 cancelled"] == 1
    assert found["md5_task_bytes_total md5 done"] == 3
    assert 0.1 < found["md5_task_seconds_total md5 done"] < 60
    assert found["md5_unfinished_tasks md5 queued"] == found["md5_unfinished_tasks md5 computed"] == 1
    assert 0 < found["md5_oldest_computed_seconds"] < found["md5_oldest_unfinished_seconds"] < 60
    assert found["md5_log_lines_total"] == 2
    assert found["md5_log_bytes_total"] == (api.folder / "tasks.log").stat().st_size
    assert found["md5_log_unwritten_bytes"] == found["md5_log_busy_total"] == 0


@pytest.mark.shows("GET /metrics")
def test_prometheus_may_ask_for_its_newer_form(api: Api) -> None:
    answer = api.client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_without_keys_the_empty_one_that_prometheus_sends_does_not_matter(api: Api) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=10)
    connection.request("GET", "/metrics", headers={"Authorization": "Bearer "})  # of an empty file
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("path", ["/v1/stats", "/metrics"])
def test_without_a_database_it_is_503(api: Api, path: str) -> None:
    (api.folder / "md5.sqlite3").rename(api.folder / "gone")
    (api.folder / "md5.sqlite3").mkdir()
    assert_problem(api.client.get(path), 503, "unavailable")
