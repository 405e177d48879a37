"""When which process is killed or stopped, drawn from a seed, so that a run can be repeated."""

import contextlib
import os
import random
import signal
import time
from dataclasses import dataclass

import psutil

from tests.cluster import Cluster

SEED = int(os.environ.get("MD5_FAULTS_SEED", "20261122"))
# How often each is hit, by the beginning of a member's name; True: parents, otherwise their children.
VICTIMS = {
    ("worker", False): 50,
    ("worker", True): 3,
    ("api", True): 3,
    ("upkeep", False): 6,
    ("upkeep", True): 1,
    ("beat", True): 1,
}


@dataclass(frozen=True, order=True)
class Fault:
    """At `at_s` a process gets SIGKILL, or SIGSTOP for `stopped_s`."""

    at_s: float
    role: str
    parent: bool
    which: int  # among those that exist then
    stopped_s: float = 0


def draw(seed: int, *, kills: int, stops: int, over_s: float, stopped_s: float) -> list[Fault]:
    """This many faults, evenly distributed over `over_s`, in order."""
    chance = random.Random(seed)
    victims, weights = list(VICTIMS), list(VICTIMS.values())
    faults = []
    for number in range(kills + stops):
        role, parent = chance.choices(victims, weights)[0]
        at_s, which = chance.uniform(0, over_s), chance.randrange(1 << 16)
        faults.append(Fault(at_s, role, parent, which, stopped_s if number < stops else 0))
    return sorted(faults)


@dataclass
class Hits:
    kills: int = 0
    stops: int = 0
    last_at: float = 0.0  # time.monotonic()


def carry_out(faults: list[Fault], cluster: Cluster) -> Hits:
    """Returns when the last stopped process has been continued. If a fault finds no process (its victim is just being
    restarted), it waits for one."""
    hits = Hits()
    began = time.monotonic()
    stopped: list[tuple[float, psutil.Process]] = []
    for fault in faults:
        _wake(stopped, until=began + fault.at_s)
        while (victim := _hit(cluster, fault)) is None:
            _wake(stopped, until=time.monotonic() + 0.05)
        if fault.stopped_s:
            stopped.append((time.monotonic() + fault.stopped_s, victim))
            hits.stops += 1
        else:
            hits.kills += 1
    _wake(stopped, until=max((at for at, _ in stopped), default=0.0))
    hits.last_at = time.monotonic()
    return hits


def _hit(cluster: Cluster, fault: Fault) -> psutil.Process | None:
    """The process that was hit; None if none was alive."""
    members = [member for name, member in cluster.members.items() if name.startswith(fault.role) and member.process]
    trees = [member.tree() for member in members]
    found = [process for tree in trees for process in (tree[:1] if fault.parent else tree[1:])]
    with contextlib.suppress(psutil.NoSuchProcess):
        living = [process for process in found if process.status() != psutil.STATUS_ZOMBIE]
        if living:
            victim = living[fault.which % len(living)]
            victim.send_signal(signal.SIGSTOP if fault.stopped_s else signal.SIGKILL)
            return victim
    return None


def _wake(stopped: list[tuple[float, psutil.Process]], until: float) -> None:
    """Sleep until then; processes whose stop is over are continued meanwhile."""
    while True:
        now = time.monotonic()
        for entry in [entry for entry in stopped if entry[0] <= now]:
            stopped.remove(entry)
            with contextlib.suppress(psutil.NoSuchProcess):
                entry[1].send_signal(signal.SIGCONT)
        if now >= until:
            return
        time.sleep(max(0.0, min([until, *(at for at, _ in stopped)]) - now))
