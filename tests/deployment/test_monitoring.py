"""The configuration of Prometheus, and the queries of Grafana: a real Prometheus scrapes a real service with it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from md5_service.settings import Settings
from md5_task_data.database.engine import Database
from tests.client import IN_TIME_S, TLS, wait_for
from tests.deployment.monitoring import CONFIGURATION, PROMETHEUS, panels
from tests.servers.prometheus import Prometheus, promtool
from tests.servers.server import free_port
from tests.service import COMMAND, Service

UNIT_TESTS = Path(__file__).with_name("alerts_test.yml")
EMPTY_WHEN_ALL_IS_WELL = {"Alerts"}  # panels that show something only if an alert is pending
OF_PROMETHEUS = {"up", "ALERTS"}
WORDS = {"by", "on", "and", "or", "unless"}


def asked(expression: str) -> str:
    """The expression as Grafana sends it, with four scrapes of 15 s filled in."""
    return expression.replace("$__rate_interval", "1m")


def names(expression: str) -> set[str]:
    """The metrics in the expression."""
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b(by|on) *\([^)]*\)", " ", expression)
    return set(re.findall(r"\b[a-zA-Z_]\w*\b(?! *\()", bare)) - WORDS


def run_promtool(*arguments: object) -> str:
    done = subprocess.run([promtool(), *map(str, arguments)], capture_output=True, text=True, timeout=IN_TIME_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def configured(folder: Path, target: str, key_file: Path) -> Path:
    """A copy of the configuration with another target and key, and a scrape every second."""
    words = CONFIGURATION.read_text()
    others = {'["api:9000"]': f'["{target}"]', "/etc/prometheus/md5_key": str(key_file)}
    others |= {": 15s": ": 1s", ": 10s": ": 1s"}
    for name, other in others.items():
        assert words.count(name) == (2 if name == ": 15s" else 1), name
        words = words.replace(name, other)
    shutil.copy(PROMETHEUS / "alerts.yml", folder)
    path = folder / "prometheus.yml"
    path.write_text(words)
    run_promtool("check", "config", path)
    return path


@dataclass
class Watched:
    service: Service
    prometheus: Prometheus
    key_file: Path
    key: str

    def hand_over(self, content: bytes, kind: str) -> str:
        """Upload a file, and return its status after it has finished."""
        parameters, headers = {"filename": "file.csv", "kind": kind}, {"Authorization": f"Bearer {self.key}"}
        with self.service.client(60) as client:
            headers |= {"Prefer": "wait=30"}
            answer = client.post("/v1/tasks", params=parameters, content=content, headers=headers)
        return str(answer.json()["status"])

    def wait_until_all_is_well(self) -> None:
        """Wait for a scrape after which no alert is pending or firing."""
        query = self.prometheus.query
        wait_for(lambda: query("up == 1") and not query("ALERTS"), "Prometheus to find all well")

    def metrics(self) -> str:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.get(f"{self.service.url}/metrics", headers=headers, verify=TLS).text


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A service that requires keys, and Prometheus, which has scraped it after files were done and failed."""
    folder, port = tmp_path_factory.mktemp("watched"), free_port()
    key_file = folder / "md5_key"
    key_file.touch()
    service = Service(folder / "service", {"MD5_AUTH": "keys"})
    # Prometheus starts first, because it always takes 5 s to begin scraping.
    service._port = str(port)
    with Prometheus(folder / "prometheus", configured(folder, f"127.0.0.1:{port}", key_file)) as prometheus:
        try:
            service.start()
            command = [COMMAND, "key", "create", "prometheus", "--data", str(service.folder)]
            key_file.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            watched = Watched(service, prometheus, key_file, key_file.read_text().strip())
            watched.wait_until_all_is_well()
            assert watched.hand_over(b"abc", "md5") == "done"
            assert watched.hand_over(b'name,email\n"Ann,ann@example.org\n', "contacts") == "failed"
            assert watched.hand_over(b"name,email\nAnn,ann@example.org\n", "contacts") == "done"
            grown = asked("rate(md5_log_lines_total[$__rate_interval]) > 0 and on () md5_log_lines_total >= 3")
            wait_for(lambda: prometheus.query(grown), "a scrape of what has ended")
            yield watched
        finally:
            service.end()


def test_the_expressions_of_every_panel_and_alert_are_answered_by_prometheus(watched: Watched) -> None:
    prometheus, checked = watched.prometheus, 0
    # A scrape may have found the first file still queued; then an alert is pending until the next scrape.
    watched.wait_until_all_is_well()
    for panel in panels():
        for target in panel["targets"]:
            found = prometheus.query(asked(target["expr"]))
            assert bool(found) != (panel["title"] in EMPTY_WHEN_ALL_IS_WELL), (panel["title"], found)
            assert not [each for each in found if each["value"][1] == "NaN"], (panel["title"], found)
            checked += 1
    groups = wait_for(lambda: _evaluated(prometheus), "the first evaluation of all rules")
    for rule in (rule for group in groups for rule in group["rules"]):
        assert (rule["health"], rule["state"], rule.get("lastError")) == ("ok", "inactive", None), rule
        assert prometheus.query(rule["query"]) == [], rule  # alerts_test.yml shows that each can fire
        checked += 1
    print(f"{checked} expressions asked")


def test_what_is_empty_when_all_is_well_shows_an_alert(watched: Watched) -> None:
    """Prometheus reads the key file at each scrape, so an invalid key takes effect, and so does the next valid one."""
    prometheus = watched.prometheus
    watched.key_file.write_text("none\n")
    try:
        unreachable = 'ALERTS{alertname="Md5ServiceUnreachable"}'
        wait_for(lambda: prometheus.query(unreachable), "the alert that says that nobody answers")
        (target,) = prometheus.ask("targets", state="active")["activeTargets"]
        assert "401" in target["lastError"]
        for panel in panels():
            if panel["title"] in EMPTY_WHEN_ALL_IS_WELL:
                (shown,) = (prometheus.query(asked(target["expr"])) for target in panel["targets"])
                assert [each["metric"] for each in shown] == [
                    {"alertname": "Md5ServiceUnreachable", "alertstate": "pending", "severity": "critical"}
                ]
    finally:
        watched.key_file.write_text(f"{watched.key}\n")
    watched.wait_until_all_is_well()


def _evaluated(prometheus: Prometheus) -> list[dict[str, Any]] | None:
    groups: list[dict[str, Any]] = prometheus.ask("rules")["groups"]
    return groups if all(rule["health"] != "unknown" for group in groups for rule in group["rules"]) else None


def test_the_one_target_is_told_from_others_by_its_key_alone(watched: Watched) -> None:
    (target,) = watched.prometheus.ask("targets", state="active")["activeTargets"]
    assert (target["labels"]["job"], target["scrapeUrl"]) == ("md5-service", f"{watched.service.url}/metrics")
    assert httpx2.get(f"{watched.service.url}/metrics", verify=TLS).status_code == 401


def test_every_metric_that_is_asked_for_is_there(watched: Watched) -> None:
    families = text_string_to_metric_families(watched.metrics())
    there = {sample.name for family in families for sample in family.samples} | OF_PROMETHEUS
    rules = [rule for group in watched.prometheus.ask("rules")["groups"] for rule in group["rules"]]
    expressions = [rule["query"] for rule in rules]
    expressions += [target["expr"] for panel in panels() for target in panel["targets"]]
    for expression in expressions:
        assert names(expression), expression
        assert names(expression) <= there, expression


def test_every_alert_says_what_is_wrong_and_what_to_do(watched: Watched) -> None:
    rules = [rule for group in watched.prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert len({rule["name"] for rule in rules}) == len(rules) > 5
    for rule in rules:
        assert rule["labels"].keys() == {"severity"}, rule["name"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"].keys() == {"summary", "description"}
        assert len(rule["annotations"]["summary"]) > 20
        assert len(rule["annotations"]["description"]) > 100
    said = " ".join(rule["annotations"]["description"] for rule in rules)
    settings = set(re.findall(r"MD5_\w+", said))
    assert settings
    assert settings <= {f"MD5_{name.upper()}" for name in Settings.model_fields}
    queries = re.findall(r"SELECT .*? LIMIT \d+", said)
    assert len(queries) == said.count("SELECT") > 0
    database = Database(watched.service.database_url)
    with database.reading() as db:
        (unfinished, failed) = (db.execute(text(query)).all() for query in queries)
    database.close()
    assert (len(unfinished), len(failed)) == (0, 1)


def test_every_alert_fires_when_it_should_and_not_before() -> None:
    run_promtool("check", "rules", PROMETHEUS / "alerts.yml")
    run_promtool("check", "config", "--syntax-only", CONFIGURATION)
    assert "SUCCESS" in run_promtool("test", "rules", UNIT_TESTS)
    tests = UNIT_TESTS.read_text()
    fired = re.findall(r"labels: '\{alertname=\"(\w+)\"", tests)
    assert set(fired) == set(re.findall(r"- alert: (\w+)", (PROMETHEUS / "alerts.yml").read_text()))
    assert tests.count("exp_samples: []") >= len(set(fired))  # and at least as many cases in which nothing fires
