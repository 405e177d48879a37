"""Mutants of the bucket."""

from tests.faults.mutants.places import api, data
from tests.faults.mutation import Mutant

BUCKET = "md5_task_data/bucket/folder.py"

MUTANTS = (
    Mutant(
        "the sync of stored bytes",
        "md5_task_data/bucket/folder.py",
        "            os.fsync(self._descriptor)\n",
        "",
        data("test_bucket.py::test_bytes_are_synced_then_named_and_then_the_name_is_synced"),
    ),
    Mutant(
        "the end of small files' bytes",
        "md5_task_data/bucket/small_files.py",
        "    remove(db, task_ids)\n",
        "",
        api("test_small_files.py::test_another_try_has_the_same_bytes_and_each_goes_by_itself"),
    ),
    Mutant(
        "the time of a link",
        "md5_task_data/bucket/folder.py",
        "max(found.st_ctime, found.st_mtime)",
        "found.st_mtime",
        data("test_orphans.py::test_a_try_that_shares_old_bytes_is_as_young_as_it_is"),
    ),
    Mutant(
        "the disk's reserve, before the bytes",
        BUCKET,
        "_check_room(self._incoming, reserve + expected)",
        "_check_room(self._incoming, reserve)",
        api("test_limits.py::test_a_disk_keeps_its_reserve"),
    ),
    Mutant(
        "the disk's reserve, while they come",
        BUCKET,
        "_check_room(self._descriptor, self._reserve)",
        "_check_room(self._descriptor, 0)",
        api("test_limits.py::test_a_disk_keeps_its_reserve"),
    ),
)
