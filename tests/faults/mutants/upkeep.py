"""Mutants of backup, restore, doctor, orphans."""

from tests.faults.mutants.places import data
from tests.faults.mutation import Mutant

ARCHIVE = "md5_task_data/upkeep/archive.py"
BACKUP = "md5_task_data/upkeep/backup.py"
RESTORE = "md5_task_data/upkeep/restore.py"
STAGING = "md5_task_data/upkeep/staging.py"

MUTANTS = (
    Mutant(
        "the age of an orphan",
        "md5_task_data/upkeep/orphans.py",
        "if file.touched_at < before",
        "if before",
        data("test_orphans.py::test_only_bytes_that_no_row_keeps_are_deleted"),
    ),
    Mutant(
        "the care where rows may be missing",
        "md5_task_data/upkeep/orphans.py",
        " or is_restored(self._database, self._log)",
        "",
        data("test_orphans.py::test_nothing_is_deleted_where_rows_may_be_missing"),
    ),
    Mutant(
        "the doctor's second look",
        "md5_task_data/upkeep/doctor.py",
        "still = tasks.keeping(db, missing)",
        "still = {row.id: row.size for row in kept if row.id in missing}",
        data("test_doctor.py::test_a_task_whose_bytes_go_while_it_is_looked_at_is_no_finding"),
    ),
    Mutant(
        "the links that keep bytes while a backup is made",
        STAGING,
        "os.link(place_in(self._bucket.root, task_id), place)",
        "os.symlink(place_in(self._bucket.root, task_id), place)",
        data("test_backup.py::test_bytes_that_are_deleted_after_their_link_are_in_it"),
    ),
    Mutant(
        "the second look for bytes, by the rows of the snapshot",
        BACKUP,
        "before, gone = gone, _link_missing(db, stage)",
        "before = gone",
        data("test_backup.py::test_a_task_that_lets_go_of_its_bytes_before_they_are_linked_makes_the_snapshot_anew"),
    ),
    Mutant(
        "the snapshot that is taken anew where bytes are gone",
        BACKUP,
        "if not missing and (gone.keys() <= before.keys() or not left):",
        "if not missing:",
        data("test_backup.py::test_a_task_that_lets_go_of_its_bytes_before_they_are_linked_makes_the_snapshot_anew"),
    ),
    Mutant(
        "the age of orphans, which a backup leaves as it is",
        BACKUP,
        "query = select(table.c.id, table.c.finished_at).where(tasks.keeps_bytes())",
        "query = select(table.c.id, table.c.finished_at)",
        data("test_backup.py::test_a_backup_has_no_orphans_and_makes_none_look_young"),
    ),
    Mutant(
        "the lock of what a living backup has linked",
        STAGING,
        "    except BlockingIOError:\n        return True\n",
        "    except BlockingIOError:\n        return False\n",
        data("test_backup.py::test_what_a_killed_one_left_is_told_and_goes_with_the_next"),
    ),
    Mutant(
        "the last member of a backup, without which it is none",
        ARCHIVE,
        'raise InvalidInput("this backup is incomplete: it was cut, or is still being written; use another one")',
        "return",
        data("test_restore_refused.py::test_without_its_last_member_it_is_no_backup"),
    ),
    Mutant(
        "the digest of a backup",
        ARCHIVE,
        'if self.holds.get("sha256") != digest:',
        "if False:",
        data("test_restore_refused.py::test_a_backup_that_was_cut_or_changed_is_refused_and_leaves_nothing"),
    ),
    Mutant(
        "the end of work that was going on when the backup was made",
        RESTORE,
        "    sweep.restart(db)\n",
        "",
        data("test_restore.py::test_everything_comes_back_whatever_the_make[postgresql-sqlite]"),
    ),
    Mutant(
        "the hints that a new broker needs",
        RESTORE,
        "    sweep.hint_all(db)\n",
        "",
        data("test_restore.py::test_everything_comes_back_whatever_the_make[postgresql-sqlite]"),
    ),
    Mutant(
        "the care for another service's log",
        RESTORE,
        "if verify.is_of_another(log, member.blocks()):",
        "if False:",
        data("test_restore_survivors.py::test_the_log_of_another_service_is_left_as_it_is"),
    ),
    Mutant(
        "the mark of a restore where the bucket is of a later time",
        RESTORE,
        "mark = orphans.set_mark(log, made_at) if had_others else None",
        "mark = None",
        data("test_restore_survivors.py::test_files_that_no_row_keeps_stay_until_somebody_has_looked"),
    ),
    Mutant(
        "the respect for that mark",
        "md5_task_data/upkeep/orphans.py",
        "bool(_beside(log, RESTORED)) or ",
        "",
        data("test_restore_survivors.py::test_files_that_no_row_keeps_stay_until_somebody_has_looked"),
    ),
    Mutant(
        "the ids in an archive that are no paths",
        "md5_task_data/upkeep/rows.py",
        "if sort == OF_ID and not (is_id(value) and value == value.lower()):",
        "if False:",
        data("test_hostile_archives.py::test_rows_that_are_none"),
    ),
    Mutant(
        "the refusal of links in an archive",
        "md5_task_data/upkeep/archive.py",
        "self._tar.extractfile(info) if info.isreg() else None",
        "self._tar.extractfile(info)",
        data("test_hostile_archives.py::test_what_is_no_file_in_an_archive_is_refused"),
    ),
    Mutant(
        "the length of what stands before a file in an archive",
        "md5_task_data/upkeep/archive.py",
        "        if self._left < 0:\n",
        "        if False:\n",
        data("test_hostile_archives.py::test_heads_of_a_tar_that_are_endless_take_no_memory"),
    ),
    Mutant(
        "the end of a file's parts before what they brought is deleted",
        "md5_task_data/upkeep/results.py",
        "    parts.delete_all(db, task_id)\n",
        "",
        data("test_parts.py::test_what_a_file_brought_is_deleted_when_nobody_can_bring_more[postgresql]"),
    ),
)
