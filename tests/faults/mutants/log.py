"""Mutants of the shared log."""

from tests.faults.mutants.places import data
from tests.faults.mutation import Mutant

LOG = "md5_task_data/log/shared_log.py"

MUTANTS = (
    Mutant(
        "the lock of the head row",
        LOG,
        "head = read_log_head(db, lock=True)",
        "head = read_log_head(db)",
        data(
            "test_shared_log.py::"
            "test_writers_that_lost_their_file_lock_wait_for_one_another_at_the_head_row[postgresql]"
        ),
    ),
    Mutant(
        "the lock of the file",
        LOG,
        "            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            pass\n",
        data("test_shared_log.py::test_busy_while_a_stranger_holds_the_lock_and_free_when_he_dies[sqlite]"),
    ),
    Mutant(
        "the order of L3 and L4",
        LOG,
        "                self._write_lines(start, head.length, lines)\n                self._settle(head)\n",
        "                self._settle(head)\n                self._write_lines(start, head.length, lines)\n",
        data("test_shared_log.py::test_a_crash_between_the_steps_is_made_good_by_the_next_flush[sqlite-_write_lines]"),
        in_short=True,
    ),
    Mutant(
        "fdatasync",
        LOG,
        "        os.fdatasync(self._descriptor)\n",
        "",
        data("test_shared_log.py::test_a_sync_that_fails_ends_no_task[sqlite]"),
    ),
    Mutant(
        "each line at its offset",
        LOG,
        "written = os.pwrite(self._descriptor, block, at)",
        "written = os.write(self._descriptor, block)",
        data("test_shared_log.py::test_whatever_is_left_of_the_file_it_is_written_again[sqlite-half a line]"),
    ),
    Mutant(
        "the lock of the head row in the last step",
        LOG,
        '            db.execute(_FORWARD, {"written": head.length})\n',
        "",
        data("test_shared_log.py::test_a_crash_between_the_steps_is_made_good_by_the_next_flush[sqlite-_write_lines]"),
    ),
)
