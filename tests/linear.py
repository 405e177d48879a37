"""That work grows as its input does, and no faster: a file of some kilobytes that keeps a process busy for minutes stops
everybody else, too."""

import time
from collections.abc import Callable

TIMES = 16  # as large is the larger of two inputs
MOST = 10 * TIMES  # as long may it take, where memory is slow: quadratic work takes 256 times as long
LEAST_S = 0.0005  # what is faster cannot be compared
LARGE = 50_000  # what is still faster with so much does not even look at each character twice
TRIES = 3  # for the machine has other things to do


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """`work(n)` does something with n characters, or so. The CPU that it takes for `TIMES` as many is compared with what it takes
    for so many; a `size` too small to be measured is made larger first."""
    work(size)  # what is only done once
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
