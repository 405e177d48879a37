"""CPU time of process trees, and of the whole machine."""

import contextlib
from collections.abc import Iterable

import psutil


def seconds(processes: Iterable[psutil.Process]) -> float:
    """CPU time that they have used so far, user and system, including children that have ended, once their parent has noticed."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def machine_seconds() -> float:
    """CPU time that everything on this machine has used so far, and what its host has taken away."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq + times.steal)
