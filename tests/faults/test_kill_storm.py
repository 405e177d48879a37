"""Everything is killed and stopped, again and again, while files arrive: on separate processes and real servers."""

import time
from collections.abc import Callable

import pytest

from tests.client import IN_TIME_S, wait_for
from tests.faults.conftest import StartCluster, long_form_brokers
from tests.faults.journal import Journal
from tests.faults.oracle import KEPT, counts, unfinished
from tests.faults.schedule import SEED, carry_out, draw
from tests.servers.postgres import Postgres
from tests.servers.rabbitmq import RabbitMq
from tests.servers.valkey import Valkey

LEASE_S = 2
STOPPED_S = 3  # longer than the lease


@long_form_brokers
@pytest.mark.timeout(1800)
def test_kill_storm(
    own_postgres: Postgres,
    broker_server: Valkey | RabbitMq,
    start_cluster: StartCluster,
    is_long: bool,
    figure: Callable[[str], None],
) -> None:
    promises, kills, stops, over_s = (10_000, 1_000, 150, 300) if is_long else (500, 50, 8, 12)
    url = own_postgres.new_database()
    cluster = start_cluster(
        url,
        broker_server.url,
        apis=2,
        workers=4,
        children=2,
        lease_s=LEASE_S,
        sweep_s=1,
        max_attempts=1000,
        log_level="error",
    )
    journal = Journal(cluster.urls, promises, SEED, over_s=0.8 * over_s)
    journal.start()
    hits = carry_out(draw(SEED, kills=kills, stops=stops, over_s=over_s, stopped_s=STOPPED_S), cluster)
    journal.join(IN_TIME_S)
    wait_for(lambda: unfinished(url) == 0, "every promise to be kept")
    settled_s = time.monotonic() - max(hits.last_at, journal.last_at)
    cluster.stop()
    found = counts(url, cluster.log_path, journal.promises)
    starts = sum(member.starts for member in cluster.members.values())
    figure(
        f"seed {SEED}, leases of {LEASE_S} s, a sweep a second; {journal}; {hits.kills} kills, {hits.stops} stops, "
        f"{starts} starts; settled {settled_s:.1f} s; {found}"
    )
    assert (hits.kills, hits.stops) == (kills, stops)
    assert len(journal.promises) >= promises
    assert settled_s <= IN_TIME_S
    assert found == KEPT
