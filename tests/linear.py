"""Checks that work grows linearly with its input: otherwise a file of a few kilobytes could keep a process busy for minutes."""

import time
from collections.abc import Callable

TIMES = 16  # the ratio of the sizes of two inputs
MOST = 10 * TIMES  # the largest ratio of times, for slow memory; quadratic work has a ratio of 256
LEAST_S = 0.0005  # shorter times cannot be compared
LARGE = 50_000  # work that is still faster at this size is certainly linear
TRIES = 3  # because the machine may be busy


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Compare the CPU time of `work(n)`, which handles about n characters, for `size` and for `TIMES` as many. A `size` too small
    to measure is increased first."""
    work(size)  # warm up
    while (small_s := _cpu_s(work, size)) < LEAST_S:
        size *= 4
        if size > LARGE:
            return
    for _ in range(TRIES):
        if (large_s := _cpu_s(work, TIMES * size)) < MOST * small_s:
            return
        small_s = _cpu_s(work, size)
    raise AssertionError(f"{size}: {small_s:.4f} s; {TIMES} times as much: {large_s:.4f} s")


def _cpu_s(work: Callable[[int], object], size: int) -> float:
    began = time.thread_time()
    work(size)
    return time.thread_time() - began
