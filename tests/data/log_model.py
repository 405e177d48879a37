"""An explicit-state model of the shared log's protocol: L1-L5 of `md5_task_data/log/shared_log.py`.

The line of task t is two tokens, (t, 0) and (t, 1), written one by one, so that torn lines are visible. Workers are kept
sorted, so states that differ only in their order count once. L2 is two steps, which the head lock makes atomic for all
others; so `commit_lines` skips the tasks that got their line in between, as if it had chosen after that.
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import product, zip_longest
from typing import NamedTuple

File = tuple[tuple[int, int] | None, ...]  # None is a hole


class Variant(StrEnum):
    PROTOCOL = "the protocol"
    NO_UNIQUE = "no UNIQUE and no head lock"
    FLUSHED_FIRST = "L4 before L3"
    NO_SYNC = "no fdatasync"
    APPEND = "L3 writes at the end of the file, not at the line's offset"
    FROM_SIZE = "L3 starts at the end of the file, not at `flushed`"
    KEEP_TAIL = "what stands beyond the table's end stays in the file"


class Worker(NamedTuple):
    step: str = "take_lock"  # the next action
    holds: bool = False  # the file lock
    alive: bool = True  # or killed, with a COMMIT on its way
    size: int = 0  # of the file, at the start of the round
    batch: tuple[int, ...] = ()
    start: int = 0  # L3 writes from here
    at: int = 0  # and is here
    end: int = 0


IDLE = Worker()
Moves = Iterator[tuple["State", Worker]]


class State(NamedTuple):
    queued: frozenset[int]
    workers: tuple[Worker, ...]
    power: int  # how many of each mishap may still happen
    zombies: int
    restores: int
    computed: frozenset[int] = frozenset()  # without a line so far
    table: tuple[int, ...] = ()  # the tasks that have a line
    flushed: int = 0
    file: File = ()  # as every process sees it
    synced: File = ()  # what is certainly on disk
    harmed: bool = False  # bytes that a reader may have seen were written over by others

    @property
    def lines(self) -> File:
        """What the file must contain."""
        return tuple((task, half) for task in self.table for half in (0, 1))

    def is_pending(self) -> bool:
        return bool(self.computed) or self.flushed < len(self.lines)

    def is_at_rest(self) -> bool:
        return not self.queued and not self.is_pending() and all(w == IDLE for w in self.workers)

    def what_is_wrong(self) -> str | None:
        findings = {
            "a task has two lines": len(set(self.table)) < len(self.table),
            "a line called durable is not in the file": self.file[: self.flushed] != self.lines[: self.flushed],
            "a line was written over by another": self.harmed,
            "all is done, and the file is not the table": self.is_at_rest() and self.file != self.lines,
        }
        return next((words for words, found in findings.items() if found), None)


def put(file: File, at: int, what: File) -> File:
    return (file[:at] + (None,) * (at - len(file))) + what + file[at + len(what) :]


class Model(NamedTuple):
    """One generator function per action, which yields the states that it can lead to, and for workers their new states."""

    variant: Variant

    def compute(self, s: State) -> Iterator[State]:
        """Tasks end in any order."""
        for task in s.queued:
            yield s._replace(queued=s.queued - {task}, computed=s.computed | {task})

    def lose_power(self, s: State) -> Iterator[State]:
        """The disk may have any subset of the writes that were not synced."""
        for kept in product(*map(set, zip_longest(s.file, s.synced))) if s.power else ():
            file = kept[: max((at for at, what in enumerate(kept, 1) if what), default=0)]
            yield s._replace(file=file, synced=file, workers=(IDLE,) * len(s.workers), power=s.power - 1)

    def restore(self, s: State) -> Iterator[State]:
        """While all workers are stopped, the database, but not the file, is reset to any earlier moment."""
        # not in one run with a power loss, which may bring back a tail that was moved away; overwriting that is harmless
        for count, flushed in product(range(len(s.table) + 1), range(0, s.flushed + 1, 2)) if s.restores else ():
            table, queued = s.table[:count], s.queued | s.computed | set(s.table[count:])
            older = s._replace(table=table, flushed=min(flushed, 2 * count), queued=queued, computed=frozenset())
            yield older._replace(workers=(IDLE,) * len(s.workers), restores=s.restores - 1)

    def kill(self, s: State, w: Worker) -> Moves:
        """kill -9 before any step. A COMMIT in transit may be lost, or arrive late."""
        if w.alive and w != IDLE:
            yield s, IDLE
            if w.step in ("commit_lines", "commit_flushed"):
                yield s, w._replace(alive=False, holds=False)

    def lose_lock(self, s: State, w: Worker) -> Moves:
        """A writer continues without its lock, as after an NFS failure."""
        if s.zombies and w.holds:
            yield s._replace(zombies=s.zombies - 1), w._replace(holds=False)

    def take_lock(self, s: State, w: Worker) -> Moves:
        """L1."""
        if s.is_pending() and not any(other.holds for other in s.workers):
            yield s, Worker("choose", holds=True, size=len(s.file))

    def choose(self, s: State, w: Worker) -> Moves:
        """L2 up to its COMMIT: move what the file has beyond the table's end to another file, and choose the tasks."""
        if w.size > len(s.lines) and self.variant is not Variant.KEEP_TAIL:
            s = s._replace(file=s.file[: len(s.lines)])
        yield s, w._replace(step="commit_lines", size=0, batch=tuple(sorted(s.computed)))

    def commit_lines(self, s: State, w: Worker) -> Moves:
        """L2's COMMIT. The worker continues with `flushed` and the length that it read under the head lock."""
        new = tuple(task for task in w.batch if self.variant is Variant.NO_UNIQUE or task not in s.table)
        s = s._replace(table=s.table + new, computed=s.computed - set(new))
        start, end = len(s.file) if self.variant is Variant.FROM_SIZE else s.flushed, len(s.lines)
        step = "unlock" if start >= end else "commit_flushed" if self.variant is Variant.FLUSHED_FIRST else "write"
        yield s, w._replace(step=step, batch=(), start=start, at=start, end=end)

    def write(self, s: State, w: Worker) -> Moves:
        """L3, one token."""
        at, what = len(s.file) if self.variant is Variant.APPEND else w.at, s.lines[w.at]
        s = s._replace(file=put(s.file, at, (what,)), harmed={*s.file[at : at + 1]} - {None, what} != set())
        yield s, w._replace(at=w.at + 1, step="write" if w.at + 1 < w.end else "sync")

    def sync(self, s: State, w: Worker) -> Moves:
        """fdatasync only makes this worker's writes durable: other hosts have caches of their own."""
        if self.variant is not Variant.NO_SYNC:
            s = s._replace(synced=put(s.synced, w.start, s.file[w.start : w.end]))
        yield s, w._replace(step="unlock" if self.variant is Variant.FLUSHED_FIRST else "commit_flushed")

    def commit_flushed(self, s: State, w: Worker) -> Moves:
        """L4: only ever forward, because another worker may be further ahead."""
        s = s._replace(flushed=max(s.flushed, w.end))
        yield s, w._replace(step="write" if self.variant is Variant.FLUSHED_FIRST else "unlock")

    def unlock(self, s: State, w: Worker) -> Moves:
        """L5; or, after a full batch, one more round under the lock that it holds, or believes it holds."""
        yield s, IDLE
        if s.is_pending():
            yield s, Worker("choose", w.holds, size=len(s.file))

    def after(self, s: State) -> Iterator[tuple[str, State]]:
        world = (self.compute, self.lose_power, self.restore)
        yield from ((happens.__name__, new) for happens in world for new in happens(s))
        for i, w in enumerate(s.workers):
            for does in (getattr(self, w.step), self.kill, self.lose_lock):
                for new, then in does(s, w):
                    them = (*s.workers[:i], then if w.alive else IDLE, *s.workers[i + 1 :])  # the late COMMIT is in
                    yield does.__name__, new._replace(workers=tuple(sorted(them)))


class Verdict(NamedTuple):
    states: int
    actions: frozenset[str]  # those that occurred: without `lose_power`, the run says nothing about power losses
    broken: str | None
    trace: tuple[str, ...]  # the shortest path to it


def check(variant: Variant, workers: int, tasks: int, power: int = 0, zombie: int = 0, restored: int = 0) -> Verdict:
    """Explore until something breaks or nothing new is found; then check that every state has a path to the end."""
    model, states = Model(variant), [State(frozenset(range(tasks)), (IDLE,) * workers, power, zombie, restored)]
    number = {states[0]: 0}
    came_from: list[list[tuple[int, str]]] = [[]]  # the first one is on a shortest path

    def way_to(n: int) -> tuple[str, ...]:
        return (*way_to(came_from[n][0][0]), came_from[n][0][1]) if n else ()

    def verdict(broken: str | None = None, n: int = 0) -> Verdict:
        return Verdict(len(states), frozenset(action for ways in came_from for _, action in ways), broken, way_to(n))

    for n, s in enumerate(states):  # grows on the way
        if wrong := s.what_is_wrong():
            return verdict(wrong, n)
        for action, new in model.after(s):
            if number.setdefault(new, len(states)) == len(states):
                states.append(new)
                came_from.append([])
            came_from[number[new]].append((n, action))
    ends = [n for n, s in enumerate(states) if s.is_at_rest()]
    stuck = set(range(len(states))).difference(ends)
    for n in ends:  # grows too
        freed = stuck.intersection(before for before, _ in came_from[n])
        stuck -= freed
        ends.extend(freed)
    return verdict("no way is left to the end", min(stuck)) if stuck else verdict()
