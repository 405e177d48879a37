"""Checks that read the compose file, for omissions that would show only in production."""

import re
import shutil
import subprocess
from pathlib import Path

from md5_service.settings import Settings
from tests.checkout import ROOT
from tests.deployment.containers import COMPOSE_FILE, compose_file, our_images

OF_THE_IMAGES = {"MD5_BUCKET_URL", "MD5_LOG_PATH", "MD5_ALIVE_FILE"}
FOR_TESTS = {"MD5_FAILPOINTS"}
ENV_EXAMPLE = (ROOT / "deployment" / ".env.example").read_text()


def test_every_setting_reaches_the_containers() -> None:
    settings = {f"MD5_{name.upper()}" for name in Settings.model_fields}
    for service in ("migrate", "api", "worker", "large", "upkeep", "beat"):
        assert settings - set(compose_file()["services"][service]["environment"]) == OF_THE_IMAGES | FOR_TESTS
    for dockerfile in ("api", "worker"):
        words = (ROOT / "deployment" / dockerfile / "Dockerfile").read_text()
        assert "MD5_BUCKET_URL=file:///srv/md5/bucket MD5_LOG_PATH=/srv/md5/log/tasks.log" in words


def test_every_secret_is_asked_for_and_none_has_a_default() -> None:
    empty = set(re.findall(r"^([A-Z0-9_]+)=$", ENV_EXAMPLE, re.M))
    asked_for = set(re.findall(r"\$\{([A-Z0-9_]+):\?", COMPOSE_FILE.read_text()))
    assert empty == asked_for
    assert {name for name in empty if name.endswith("_PASSWORD")} == empty
    assert not re.search(r"PASSWORD:-|PASSWORD-", COMPOSE_FILE.read_text())


def test_a_secret_that_an_update_asks_for_is_added_and_all_else_stays(tmp_path: Path) -> None:
    for name in ("new-env", ".env.example"):
        shutil.copy(ROOT / "deployment" / name, tmp_path)
    make = ["sh", str(tmp_path / "new-env")]
    subprocess.run(make, check=True)
    env = tmp_path / ".env"
    before = re.sub("^POSTGRES_ADMIN_PASSWORD=.*\n", "", env.read_text(), flags=re.M)
    env.write_text(before)
    subprocess.run(make, check=True, capture_output=True)
    assert re.fullmatch("\nPOSTGRES_ADMIN_PASSWORD=[0-9a-f]{48}\n", env.read_text().removeprefix(before))


def test_what_may_be_set_is_in_the_example() -> None:
    ours = set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE_FILE.read_text())) - {"MD5_DATABASE_URL", "PROMETHEUS_KEY_FILE"}
    assert ours == {name for name in ours if re.search(rf"^#?{name}=", ENV_EXAMPLE, re.M)}


def test_all_are_locked_down_and_only_the_proxy_is_open_to_others() -> None:
    services = compose_file()["services"]
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        if service["image"] in our_images():
            assert service["read_only"] is True
            assert "cap_add" not in service
        inner = [port for port in service.get("ports", ()) if not port.startswith("${INNER_ADDRESS:-127.0.0.1}:")]
        assert (inner != []) == (name == "nginx")


def test_the_proxy_reaches_no_server_and_the_servers_nobody_outside() -> None:
    compose = compose_file()
    assert {name for name, network in compose["networks"].items() if network} == {"back"}
    assert compose["networks"]["back"] == {"internal": True}
    networks = {name: service["networks"] for name, service in compose["services"].items()}
    assert networks["nginx"] == ["front"]
    assert [name for name in networks if networks[name] == ["back"]] == ["postgres", "valkey", "rabbitmq"]
    for name, service in compose["services"].items():
        assert "ports" not in service or "front" in networks[name]  # an internal network cannot publish ports


def test_none_takes_all_memory_or_processes_and_a_worker_may_have_what_its_processes_may() -> None:
    services = compose_file()["services"]
    most = {name: _default(service["mem_limit"]) for name, service in services.items()}
    assert all(re.fullmatch(r"\d+g", limit) for limit in most.values())
    assert {_default(service["pids_limit"]) for service in services.values()} == {"1000"}
    processes = int(_default(next(word for word in services["worker"]["command"] if "WORKER_PROCESSES" in word)))
    needed = Settings.model_fields["worker_memory_bytes"].default * processes + (1 << 30)
    assert int(most["worker"].removesuffix("g")) << 30 >= needed


def _default(word: str) -> str:
    """The names and defaults in `${NAME:-default}`."""
    return word.partition(":-")[2].removesuffix("}")


def test_a_worker_has_the_time_that_it_takes_to_stop() -> None:
    for name in ("worker", "large", "upkeep"):
        assert compose_file()["services"][name]["stop_grace_period"] == "15s"
