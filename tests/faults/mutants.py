"""Each guarantee's code is taken out, and a test must notice: `make mutants` shows which.

A mutant is a copy of the house with one change. The tests named beside it are run in that copy; as they are also run as they
are, in ./test, what fails them is the change alone.
"""

import functools
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.faults.mutation import Mutant, libraries, run

AT_ONCE = 2 * (os.cpu_count() or 1)  # many tests wait most of the time


def _data(*tests: str) -> tuple[str, ...]:
    return tuple(f"tests/data/{test}" for test in tests)


def _api(*tests: str) -> tuple[str, ...]:
    return tuple(f"tests/api/{test}" for test in tests)


def _cli(*tests: str) -> tuple[str, ...]:
    return tuple(f"tests/cli/{test}" for test in tests)


LEASES, LOG = "md5_task_data/leases.py", "md5_task_data/shared_log.py"
TURNS = "md5_task_data/turns.py"
LAUNCHER = "md5_service/cli/launcher.py"
DUE, PARTS, CONTACTS = (f"md5_task_data/{name}.py" for name in ("due", "parts", "contacts"))
MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the fence",
        LEASES,
        "and_(tasks.c.id == claim.id, tasks.c.fence == claim.fence, tasks.c.status",
        "and_(tasks.c.id == claim.id, tasks.c.status",
        _data("test_leases.py::test_a_stale_fence_changes_nothing[sqlite-beat]"),
        in_short=True,
    ),
    Mutant(
        "the fence of results that are stored together",
        LEASES,
        'tasks.c.fence == cast(given(_RESULTS, tasks.c.id, "fence"), Integer)',
        "literal(True)",
        _data("test_leases.py::test_results_are_stored_together_and_nothing_of_what_was_lost[sqlite]"),
    ),
    Mutant(
        "the journey alone of what was tried before",
        LEASES,
        "for untried in (literal(True), tasks.c.attempt == 0)",
        "for untried in (literal(True), literal(True))",
        _data("test_leases.py::test_small_files_travel_together_and_what_is_large_or_was_tried_before_alone[sqlite]"),
    ),
    Mutant(
        "the turn of who has the fewest workers",
        TURNS,
        "(row.running if lane == LARGE else 0, row.owner <= last, row.owner)",
        "(row.owner <= last, row.owner)",
        _data("test_turns.py::test_who_has_the_fewest_workers_is_served_first[sqlite]"),
    ),
    Mutant(
        "the turn of each owner after the other",
        TURNS,
        "(row.running if lane == LARGE else 0, row.owner <= last, row.owner)",
        "(row.running if lane == LARGE else 0, row.owner)",
        _data("test_turns.py::test_one_worker_alone_serves_one_owner_after_the_other[sqlite]"),
    ),
    Mutant(
        "the turns of a lane, however long the queue of one owner",
        TURNS,
        "    return claim_next(db, LARGE, lease_s, last)",
        "    return leases.claim(db, task_ids, lease_s)",
        _data("test_turns.py::test_a_flood_of_large_files_delays_nobody_by_more_than_what_is_running[sqlite]"),
    ),
    Mutant(
        "the look at whether a part's file still waits for it",
        TURNS,
        "    or_(tasks.c.parent_id.is_(None), exists()",
        "    or_(tasks.c.parent_id.is_not(None), exists()",
        _data("test_turns.py::test_parts_of_a_file_that_was_cancelled_stand_in_nobodys_way[sqlite]"),
    ),
    Mutant(
        "the neighbour's turn after small files that had to wait",
        "md5_service/worker/lifecycle.py",
        "if lane == LARGE or not turns.has_waited(claims):",
        "if lane:",
        ("tests/worker/test_lifecycle.py::test_after_files_that_had_to_wait_a_neighbour_has_its_turn[sqlite]",),
    ),
    Mutant(
        "the time that a file may wait for the DNS",
        "md5_task_data/domains.py",
        "min(FILE_S * SECOND - int(of_file or 0), OWNER_S",
        "min(OWNER_S",
        _data("test_domains.py::test_a_file_and_an_owner_have_so_much_time_and_a_part_no_more_than_its_own[sqlite]"),
    ),
    Mutant(
        "the answers of the DNS that all workers share",
        "md5_service/worker/kinds/contacts/mx.py",
        "    domains.keep(db, told)\n",
        "",
        ("tests/worker/test_mx.py::test_workers_share_what_was_answered[sqlite]",),
    ),
    Mutant(
        "the BEGIN before a COPY",
        "md5_task_data/postgresql.py",
        """    def copy_expert(self, sql: str, file: Any, size: int = 8192) -> None:
        self._send_waiting()
""",
        """    def copy_expert(self, sql: str, file: Any, size: int = 8192) -> None:
""",
        _data("test_postgresql.py::test_what_comes_first_is_in_the_transaction[4]"),
    ),
    Mutant(
        "the end of what still waits when all is rolled back",
        "md5_task_data/postgresql.py",
        """    def rollback(self) -> None:
        self._waiting.clear()
""",
        """    def rollback(self) -> None:
""",
        _data("test_postgresql.py::test_what_waits_when_all_is_rolled_back_is_forgotten"),
    ),
    Mutant(
        "the ROLLBACK of a transaction whose last message failed",
        "md5_task_data/postgresql.py",
        'if self._is_open():\n            self._execute(b"ROLLBACK")',
        'if False:\n            self._execute(b"ROLLBACK")',
        _data("test_postgresql.py::test_what_waits_and_is_wrong_fails_the_commit_and_all_before_it"),
    ),
    Mutant(
        "what the disk said of the first bytes while more came",
        "md5_service/api/sink.py",
        "self._syncing.result()",
        "pass",
        _api("test_sink.py::test_what_the_disk_could_not_keep_is_refused_whenever_it_said_so[1]"),
    ),
    Mutant(
        "the second try to free a key",
        "md5_service/api/idempotency.py",
        "await asyncio.sleep(LET_GO_AGAIN_S)",
        "return",
        _api("test_idempotency.py::test_a_key_is_free_as_soon_as_the_database_is_back"),
    ),
    Mutant(
        "the check of the state that a row is claimed from",
        LEASES,
        'tasks.c.status == "queued", untried)',
        "untried)",
        _data("test_leases.py::test_a_queued_task_is_claimed_once_however_often_its_message_comes[sqlite]"),
    ),
    Mutant(
        "SKIP LOCKED",
        LEASES,
        "with_for_update(skip_locked=True, of=tasks)\n    for untried",
        "with_for_update(of=tasks)\n    for untried",
        _data("test_leases.py::test_a_claim_passes_by_what_others_are_at[postgresql]"),
    ),
    Mutant(
        "the sweeper's eye for lost leases",
        DUE,
        'tasks.c.status.in_(("queued", "running"))',
        'tasks.c.status.in_(("queued",))',
        _data("test_due.py::test_a_lease_that_runs_out_is_queued_again_and_says_why"),
    ),
    Mutant(
        "the sweeper's new hints",
        "md5_service/worker/sweeper.py",
        "can_publish and publish(app, found.messages)",
        "can_publish",
        ("tests/worker/test_sweeper.py::test_an_idle_broker_gets_all_hints_again[sqlite]",),
    ),
    Mutant(
        "the end of a file that loses leases for ever",
        DUE,
        "if has_another := lost < max_attempts:",
        "if has_another := True:",
        _data("test_due.py::test_leases_lost_too_often_fail_the_task[sqlite-2]"),
    ),
    Mutant(
        "the heartbeat",
        "md5_service/worker/heartbeat.py",
        "leases.beat(db, beat.claim, beat.progress, self._lease_s)",
        "pass",
        (
            "tests/worker/test_lifecycle.py::"
            "test_the_heartbeat_keeps_the_lease_of_long_work_and_shows_its_progress[sqlite]",
        ),
    ),
    Mutant(
        "the end of work that hangs",
        "md5_service/worker/heartbeat.py",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "pass",
        ("tests/worker/test_heartbeat.py::test_work_that_hangs_is_ended_with_its_process_and_says_why",),
    ),
    Mutant(
        "the kernel's timer",
        "md5_service/worker/heartbeat.py",
        "signal.setitimer(signal.ITIMER_REAL, self._lease_s + DEAF_S if beats else 0)",
        "pass",
        ("tests/worker/test_heartbeat.py::test_work_that_lets_no_other_thread_run_is_ended_by_the_kernel",),
    ),
    Mutant(
        "the UNIQUE of the log's lines",
        "md5_task_data/migrations/versions/0001_tasks_and_log.py",
        '        sa.UniqueConstraint("task_id", name="uq_log_lines_task_id"),\n',
        "",
        _data("test_shared_log.py::test_a_second_line_for_a_task_is_refused_by_the_database[sqlite]"),
        in_short=True,
    ),
    Mutant(
        "the lock of the head row",
        LOG,
        "head = head_of(db, lock=True)",
        "head = head_of(db)",
        _data(
            "test_shared_log.py::"
            "test_writers_that_lost_their_file_lock_wait_for_one_another_at_the_head_row[postgresql]"
        ),
    ),
    Mutant(
        "the lock of the file",
        LOG,
        "            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            pass\n",
        _data("test_shared_log.py::test_busy_while_a_stranger_holds_the_lock_and_free_when_he_dies[sqlite]"),
    ),
    Mutant(
        "the order of L3 and L4",
        LOG,
        "                self._write_lines(start, head.length, lines)\n                self._settle(head)\n",
        "                self._settle(head)\n                self._write_lines(start, head.length, lines)\n",
        _data("test_shared_log.py::test_a_crash_between_the_steps_is_made_good_by_the_next_flush[sqlite-_write_lines]"),
        in_short=True,
    ),
    Mutant(
        "fdatasync",
        LOG,
        "        os.fdatasync(self._descriptor)\n",
        "",
        _data("test_shared_log.py::test_a_sync_that_fails_ends_no_task[sqlite]"),
    ),
    Mutant(
        "fdatasync, in the model",
        "tests/data/log_model.py",
        "if self.variant is not Variant.NO_SYNC:",
        "if False:",
        _data("test_log_model.py::test_protocol_holds[power loss]"),
    ),
    Mutant(
        "each line at its offset",
        LOG,
        "written = os.pwrite(self._descriptor, block, at)",
        "written = os.write(self._descriptor, block)",
        _data("test_shared_log.py::test_whatever_is_left_of_the_file_it_is_written_again[sqlite-half a line]"),
    ),
    Mutant(
        "the sync of stored bytes",
        "md5_task_data/bucket.py",
        "            os.fsync(self._descriptor)\n",
        "",
        _data("test_bucket.py::test_bytes_are_synced_then_named_and_then_the_name_is_synced"),
    ),
    Mutant(
        "the care for bytes whose row may be there",
        "md5_service/api/promises.py",
        "if not promise.is_committing or isinstance(error, StorageFull):",
        "if True:",
        ("tests/api/test_broken_hand_over.py::test_bytes_stay_where_nobody_knows_whether_the_row_is_there",),
    ),
    Mutant(
        "the limit of an answer",
        "md5_task_data/patience.py",
        "connection.shutdown(socket.SHUT_RDWR)",
        "pass",
        _data("test_patience.py"),
    ),
    Mutant(
        "the queue of SQLite's writers",
        "md5_task_data/database.py",
        "fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        _data("test_sqlite.py::test_a_writer_that_stands_still_holds_nobody_for_ever"),
    ),
    Mutant(
        "the sending of spans when the end of a process is interrupted",
        "md5_service/worker/traces.py",
        "Finalize(None, tracing.stop, exitpriority=0)",
        "pass",
        ("tests/worker/test_tracing.py::test_a_child_of_a_worker_that_is_stopped_while_it_ends_sends_what_it_holds",),
    ),
    Mutant(
        "the limit of the wait for a collector of traces",
        "md5_service/tracing.py",
        "sending.join(STOP_S)",
        "sending.join()",
        (
            "tests/worker/test_tracing.py::"
            "test_a_collector_that_takes_nothing_holds_up_nobody_and_is_spoken_of_seldom[it never answers]",
        ),
    ),
    Mutant(
        "the key of a request, in the transaction of its task",
        "md5_service/api/promises.py",
        "promise.key.keep(db)",
        "pass",
        _api("test_idempotency.py::test_the_same_again_is_the_same_task_as_it_is_now"),
    ),
    Mutant(
        "the primary key of idempotency keys",
        "md5_task_data/migrations/versions/0006_idempotency.py",
        '        sa.PrimaryKeyConstraint("owner", "key", name="pk_idempotency_keys"),\n',
        "",
        _data("test_idempotency.py::test_of_many_at_the_same_time_one_has_it[postgresql]"),
    ),
    Mutant(
        "the second look at who holds a key",
        "md5_task_data/idempotency.py",
        "if not db.execute(update(idempotency_keys).where(_is_held_by(holder)).values(kept)).rowcount:",
        "if not db.execute(update(idempotency_keys).where(_is_key(holder)).values(kept)).rowcount:",
        _data(
            "test_idempotency.py::test_what_is_released_is_free_at_once_and_what_was_forgotten_after_a_while[sqlite]"
        ),
    ),
    Mutant(
        "the end of a hold that nobody extends",
        "md5_task_data/idempotency.py",
        'if row is None or row["expires_at"] <= row["now"]:',
        "if row is None:",
        _api("test_crash.py::test_what_a_killed_api_leaves_behind_goes"),
    ),
    Mutant(
        "the extension of a hold",
        "md5_service/api/idempotency.py",
        "holding = asyncio.create_task(key.go_on_holding())",
        "holding = None",
        _api("test_idempotency.py::test_a_slow_upload_keeps_its_key"),
    ),
    Mutant(
        "the release of a key whose upload broke off",
        "md5_service/api/idempotency.py",
        "            await key.let_go()",
        "            pass",
        _api("test_idempotency.py::test_an_upload_that_broke_off_frees_its_key_at_once"),
    ),
    Mutant(
        "the digest of what came with a key",
        "md5_service/api/sink.py",
        "self._digest.update(piece)",
        "pass",
        _api("test_idempotency.py::test_other_bytes_or_parameters_are_422"),
    ),
    Mutant(
        "the bytes of small files, with their rows",
        "md5_task_data/tasks.py",
        "    contents.add(db, {new.id: new.content for new, _ in news if new.content is not None})\n",
        "",
        _api("test_small_files.py::test_parts_of_it_can_be_asked_for"),
    ),
    Mutant(
        "the end of small files' bytes",
        "md5_task_data/contents.py",
        "    remove(db, task_ids)\n",
        "",
        _api("test_small_files.py::test_another_try_has_the_same_bytes_and_each_goes_by_itself"),
    ),
    Mutant(
        "the removal of bytes that were given up in the middle of their commit",
        "md5_task_data/tasks.py",
        "    contents.remove(db, ids)\n",
        "",
        _api("test_promises.py::test_what_was_given_up_is_left_out_of_a_commit_that_the_others_are_in[sqlite]"),
    ),
    Mutant(
        "the disk's reserve, for small files too",
        "md5_service/api/promises.py",
        "            self._check_room(sum(map(len, held)))\n",
        "            pass\n",
        _api("test_small_files.py::test_no_file_however_small_takes_what_is_left_of_the_disk"),
    ),
    Mutant(
        "the innocence of those who are lost together",
        LEASES,
        "literal(IN_COMPANY))",
        "tasks.c.lost_leases)",
        _data("test_due.py::test_what_is_lost_in_company_counts_against_nobody[sqlite]"),
    ),
    Mutant(
        "the lane of large files",
        "md5_task_data/messages.py",
        "return WORK if kind in INSTANT and size <= LARGE_FILE else LARGE",
        "return WORK if kind in INSTANT else LARGE",
        _data("test_due.py::test_a_large_file_has_a_lane_of_its_own[sqlite]"),
    ),
    Mutant(
        "the lock of the head row in the last step",
        LOG,
        '            db.execute(_FORWARD, {"written": head.length})\n',
        "",
        _data("test_shared_log.py::test_a_crash_between_the_steps_is_made_good_by_the_next_flush[sqlite-_write_lines]"),
    ),
    Mutant(
        "the sweeper's part in what an owner deletes",
        "md5_task_data/tasks.py",
        "due_at=None if are_gone else now()",
        "due_at=None",
        ("tests/worker/test_sweeper.py::test_bytes_whose_owner_deleted_them_go_though_the_api_died_before[sqlite]",),
    ),
    Mutant(
        "the refusal of what its owner deleted, until it is gone",
        "md5_service/api/routes/tasks.py",
        "    tasks.check_kept(row)\n",
        "",
        _api("test_file.py::test_what_was_deleted_is_neither_served_nor_tried_again_though_the_bytes_are_still_there"),
    ),
    Mutant(
        "the age of an orphan",
        "md5_task_data/orphans.py",
        "if file.touched_at < before",
        "if before",
        _data("test_orphans.py::test_only_bytes_that_no_row_keeps_are_deleted"),
    ),
    Mutant(
        "the care where rows may be missing",
        "md5_task_data/orphans.py",
        " or is_restored(self._database, self._log)",
        "",
        _data("test_orphans.py::test_nothing_is_deleted_where_rows_may_be_missing"),
    ),
    Mutant(
        "the time of a link",
        "md5_task_data/bucket.py",
        "max(found.st_ctime, found.st_mtime)",
        "found.st_mtime",
        _data("test_orphans.py::test_a_try_that_shares_old_bytes_is_as_young_as_it_is"),
    ),
    Mutant(
        "the touch of a slow upload",
        "md5_service/api/sink.py",
        " or has_waited:",
        ":",
        _api("test_crash.py::test_however_slow_an_upload_is_its_file_is_touched"),
    ),
    Mutant(
        "the pieces of a parameter that comes in several chunks",
        "md5_service/api/receive.py",
        "self._value += piece",
        "self._value = bytearray(piece)",
        ("tests/fuzz/test_form.py::test_a_form_is_what_was_sent_however_it_is_cut",),
    ),
    Mutant(
        "the doctor's second look",
        "md5_task_data/doctor.py",
        "still = tasks.keeping(db, missing)",
        "still = {row.id: row.size for row in kept if row.id in missing}",
        _data("test_doctor.py::test_a_task_whose_bytes_go_while_it_is_looked_at_is_no_finding"),
    ),
)

ARCHIVE, BACKUP, RESTORE, STAGING, UNHURRIED = (
    f"md5_task_data/{name}.py" for name in ("archive", "backup", "restore", "staging", "unhurried")
)
MUTANTS += (
    Mutant(
        "the links that keep bytes while a backup is made",
        STAGING,
        "os.link(place_in(self._bucket.root, task_id), place)",
        "os.symlink(place_in(self._bucket.root, task_id), place)",
        _data("test_backup.py::test_bytes_that_are_deleted_after_their_link_are_in_it"),
    ),
    Mutant(
        "the second look for bytes, by the rows of the snapshot",
        BACKUP,
        "before, gone = gone, _link_missing(db, stage)",
        "before = gone",
        _data("test_backup.py::test_a_task_that_lets_go_of_its_bytes_before_they_are_linked_makes_the_snapshot_anew"),
    ),
    Mutant(
        "the snapshot that is taken anew where bytes are gone",
        BACKUP,
        "if not missing and (gone.keys() <= before.keys() or not left):",
        "if not missing:",
        _data("test_backup.py::test_a_task_that_lets_go_of_its_bytes_before_they_are_linked_makes_the_snapshot_anew"),
    ),
    Mutant(
        "the one moment that all tables of a backup are of",
        UNHURRIED,
        '_unhurried(database, "REPEATABLE READ")',
        '_unhurried(database, "READ COMMITTED")',
        _data("test_backup.py::test_what_changes_while_rows_are_written_down_is_not_in_it[mariadb-postgresql]"),
    ),
    Mutant(
        "the age of orphans, which a backup leaves as it is",
        BACKUP,
        "query = select(table.c.id, table.c.finished_at).where(tasks.keeps_bytes())",
        "query = select(table.c.id, table.c.finished_at)",
        _data("test_backup.py::test_a_backup_has_no_orphans_and_makes_none_look_young"),
    ),
    Mutant(
        "the lock of what a living backup has linked",
        STAGING,
        "    except BlockingIOError:\n        return True\n",
        "    except BlockingIOError:\n        return False\n",
        _data("test_backup.py::test_what_a_killed_one_left_is_told_and_goes_with_the_next"),
    ),
    Mutant(
        "the last member of a backup, without which it is none",
        ARCHIVE,
        'raise InvalidInput("this backup is not whole: it was cut, or is still being written; take another one")',
        "return",
        _data("test_restore.py::test_without_its_last_member_it_is_no_backup"),
    ),
    Mutant(
        "the digest of a backup",
        ARCHIVE,
        'if self.holds.get("sha256") != digest:',
        "if False:",
        _data("test_restore.py::test_a_backup_that_was_cut_or_changed_is_refused_and_leaves_nothing"),
    ),
    Mutant(
        "the one transaction in which rows come back, with their bytes",
        UNHURRIED,
        '_unhurried(database, "READ COMMITTED")',
        '_unhurried(database, "AUTOCOMMIT")',
        _data("test_restore.py::test_a_restore_that_breaks_off_can_simply_be_begun_again[postgresql]"),
    ),
    Mutant(
        "the end of work that was going on when the backup was made",
        RESTORE,
        "    due.restart(db)\n",
        "",
        _data("test_restore.py::test_everything_comes_back_whatever_the_make[postgresql-sqlite]"),
    ),
    Mutant(
        "the hints that a new broker needs",
        RESTORE,
        "    due.call_all(db)\n",
        "",
        _data("test_restore.py::test_everything_comes_back_whatever_the_make[postgresql-sqlite]"),
    ),
    Mutant(
        "the care for another service's log",
        RESTORE,
        "if log_verify.is_of_another(log, member.blocks()):",
        "if False:",
        _data("test_restore.py::test_the_log_of_another_service_is_left_as_it_is"),
    ),
    Mutant(
        "the mark of a restore where the bucket is of a later time",
        RESTORE,
        "mark = orphans.set_mark(log, made_at) if had_others else None",
        "mark = None",
        _data("test_restore.py::test_files_that_no_row_keeps_stay_until_somebody_has_looked"),
    ),
    Mutant(
        "the respect for that mark",
        "md5_task_data/orphans.py",
        "bool(_beside(log, RESTORED)) or ",
        "",
        _data("test_restore.py::test_files_that_no_row_keeps_stay_until_somebody_has_looked"),
    ),
    Mutant(
        "the buffer without which a disk that is nearly full takes less than it is given",
        "md5_service/cli/backup.py",
        'with open(descriptor, "wb") as file:',
        'with open(descriptor, "wb", buffering=0) as file:',
        ("tests/faults/test_backup.py::test_a_disk_that_is_full_is_told_and_nothing_is_left",),
    ),
)

AUTH, BROWSERS, COOKIE, LIMITS, WIRE = (
    f"md5_service/api/{name}.py" for name in ("auth", "browsers", "cookie", "limits", "wire")
)
KEYS, BUCKET = "md5_task_data/keys.py", "md5_task_data/bucket.py"
MUTANTS += (
    Mutant(
        "the look at a key's secret",
        AUTH,
        "row is None or not keys.fits(key, row)",
        "row is None",
        _api("test_auth.py::test_a_wrong_key_opens_nothing"),
    ),
    Mutant(
        "the shut door",
        AUTH,
        "        if is_open:\n",
        "        request.state.owner = NOBODY_IN_PARTICULAR\n        if True:\n",
        _api("test_auth.py::test_every_path_but_those_that_show_nothing_needs_a_key"),
    ),
    Mutant(
        "the owner of a key",
        AUTH,
        'return str(row["owner"])',
        "return NOBODY_IN_PARTICULAR",
        _api("test_auth.py::test_owners_see_and_touch_only_their_own"),
    ),
    Mutant(
        "the end of a revoked key",
        KEYS,
        "where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))",
        "where(api_keys.c.id == key_id)",
        _api("test_auth.py::test_a_revoked_key_opens_nothing_within_seconds"),
    ),
    Mutant(
        "the hash of a key",
        KEYS,
        "return hashlib.sha256(key.encode()).hexdigest()",
        'return key if hashlib else ""',
        _data("test_keys.py::test_what_is_kept_does_not_open_anything[sqlite]"),
    ),
    Mutant(
        "the loopback of who was told nothing",
        AUTH,
        'self._auth == "none" or browsers.is_on_loopback(request)',
        'self._auth in ("none", None)',
        _api("test_auth.py::test_who_was_not_told_whom_to_let_in_lets_in_this_machine_only"),
    ),
    Mutant(
        "the look at who sent a cookie",
        AUTH,
        ' or "authorization" not in request.headers',
        "",
        _api("test_session.py::test_another_site_changes_nothing_with_a_cookie"),
    ),
    Mutant(
        "the look at who signs in",
        AUTH,
        "path == SESSION or ",
        "",
        _api("test_session.py::test_another_site_signs_nobody_in_or_out"),
    ),
    Mutant(
        "the header before the cookie",
        AUTH,
        "if authorization is None:",
        "if cookie.sent_in(request):",
        _api("test_session.py::test_a_header_goes_before_a_cookie"),
    ),
    Mutant(
        "the doubt about two cookies",
        AUTH,
        'cookies[0] if len(cookies) == 1 else ""',
        "cookies[0]",
        _api("test_session.py::test_cookies_that_are_none_open_nothing"),
    ),
    Mutant(
        "what keeps scripts and other sites off the cookie",
        COOKIE,
        'set_cookie(_name(request), key, path=PATH, secure=_is_by_https(request), httponly=True, samesite="strict")',
        "set_cookie(_name(request), key, path=PATH)",
        _api("test_session.py::test_the_cookie_is_for_no_script_and_no_other_site_and_goes_with_the_browser"),
    ),
    Mutant(
        "what keeps caches from showing what a cookie opened",
        "md5_service/api/headers.py",
        "(ALWAYS | UNLESS_SAID).items()",
        "ALWAYS.items()",
        _api("test_session.py::test_no_cache_shows_to_others_what_a_cookie_opened"),
    ),
    Mutant(
        "the names of loopback",
        BROWSERS,
        "if by_own_name and is_on_loopback(request) and not",
        "if not called.name and not",
        _api("test_browsers.py::test_other_names_are_not_so_that_a_rebound_one_reads_nothing"),
    ),
    Mutant(
        "the look at who sent a browser",
        BROWSERS,
        "if not is_ours and not (came",
        "if not is_ours and not said and not (came",
        _api("test_browsers.py::test_another_site_changes_nothing"),
    ),
    Mutant(
        "the owner of several tasks in one stream",
        "md5_task_data/tasks.py",
        "tasks.c.id.in_(known), tasks.c.owner == owner",
        "tasks.c.id.in_(known)",
        _api("test_other_owners.py::test_what_another_owner_has_is_as_what_never_was"),
    ),
    Mutant(
        "the owner of a contact",
        CONTACTS,
        "query.where(contacts.c.owner == owner)",
        "query",
        _api("test_other_owners.py::test_what_another_owner_has_is_as_what_never_was"),
    ),
    Mutant(
        "the end of a path, which a download is named by",
        "md5_service/api/routes/tasks.py",
        "PurePosixPath(name).name or UNNAMED",
        "name or UNNAMED",
        _api("test_attacked_in_vain.py::test_no_name_is_a_path"),
    ),
    Mutant(
        "the size of a head",
        LIMITS,
        "size > self._most_bytes or ",
        "",
        _api("test_limits.py::test_the_head_of_a_request_has_a_size"),
    ),
    Mutant(
        "the number of headers",
        LIMITS,
        " or len(headers) > self._most",
        "",
        _api("test_limits.py::test_a_request_has_so_many_headers"),
    ),
    Mutant(
        "the limit of connections",
        WIRE,
        "if len(self.connections) > limits.max_connections:",
        "if False:",
        _api("test_limits.py::test_so_many_connections_are_served_and_the_next_are_told"),
    ),
    Mutant(
        "the end of a head without one",
        WIRE,
        "if self._head_bytes > MOST_HEAD_BYTES:",
        "if not self._head_bytes:",
        _api("test_limits.py::test_a_head_that_never_ends_is_cut_off"),
    ),
    Mutant(
        "the end of trailers without one",
        WIRE,
        " or (self._receives == BODY and not self._has_body)",
        "",
        _api("test_limits.py::test_trailers_are_cut_off"),
    ),
    Mutant(
        "the deadline of a head, and of a body that nobody needs",
        WIRE,
        "self._limit = None if seconds is None else",
        "self._limit = None if seconds else None and",
        _api(
            "test_limits.py::test_a_head_that_does_not_come_is_not_waited_for",
            "test_limits.py::test_what_is_sent_after_the_answer_has_an_end_too",
        ),
    ),
    Mutant(
        "the body after an offer to change the protocol",
        WIRE,
        "if self.parser.should_upgrade():",
        "if not method:",
        _api("test_wire.py::test_an_offer_to_change_the_protocol_is_ignored"),
    ),
    Mutant(
        "the decoding of a part",
        "md5_service/api/receive.py",
        'self._decoder = decoding.decoder_of(self._encoding or "binary")',
        'self._decoder = decoding.decoder_of("binary")',
        _api("test_decoding.py::test_a_large_file_may_travel_encoded_but_not_much_that_stands_for_nothing"),
    ),
    Mutant(
        "the limit of an encoding that stands for nothing",
        "md5_service/api/receive.py",
        "return min(self._file_travelled, decoding.MOST_GROWTH * decoded)",
        "return self._file_travelled",
        _api("test_decoding.py::test_a_large_file_may_travel_encoded_but_not_much_that_stands_for_nothing"),
    ),
    Mutant(
        "the strictness of a decoder",
        "md5_service/api/decoding.py",
        "strict_mode=True",
        "strict_mode=False",
        _api("test_decoding.py::test_what_is_broken_is_refused_wherever_it_is_cut"),
    ),
    Mutant(
        "lists of which a part comes in each field",
        "md5_service/api/fields.py",
        "if name in twice]",
        "if name in twice and not name]",
        _api("test_wire.py::test_several_fields_of_a_list_are_one_list"),
    ),
    Mutant(
        "the variables of another application that do not count",
        "md5_service/settings.py",
        "        del os.environ[name]\n",
        "        pass\n",
        ("tests/worker/test_foreign_environment.py::test_the_settings_are_the_same_as_without_it",),
    ),
    Mutant(
        "this machine, which no proxy comes before",
        "md5_service/client/proxies.py",
        'or _is_here(service.hostname or "")',
        'or _is_here("")',
        _cli("test_proxies.py::test_this_machine_is_never_asked_through_a_proxy"),
    ),
    Mutant(
        "the control characters that reach no terminal",
        "md5_service/cli/report.py",
        "sys.stdout.write(_as_one_line(line))",
        "sys.stdout.write(os.fsdecode(line))",
        _cli("test_printed.py::test_names_on_a_terminal_and_as_they_are_in_a_pipe"),
    ),
    Mutant(
        "the control characters in reasons",
        "md5_service/cli/report.py",
        'f"{printable(str(words))}\\n"',
        'f"{words}\\n"',
        _cli("test_printed.py::test_the_reason_of_a_failed_task_with_headers_of_a_csv"),
    ),
    Mutant(
        "the numbers of closed streams that no file gets",
        "md5_service/cli/main.py",
        "    _occupy_standard_descriptors()\n    try:\n",
        "    try:\n",
        _cli("test_printed.py::test_up_works_whatever_becomes_of_its_streams[closed]"),
    ),
    Mutant(
        "the parts that have begun before up is ready",
        "md5_service/cli/up.py",
        "while not (all(part.has_begun for part in parts) and _is_ready(address)):",
        "while not _is_ready(address):",
        _cli("test_launcher.py::test_a_part_that_does_not_stay_up_is_named_though_the_api_answers"),
    ),
    Mutant(
        "the bytes of a name that is no text",
        "md5_task_data/names.py",
        '"filename_bytes": None if text == name else _raw(name)}',
        '"filename_bytes": None}',
        _api("test_manifest.py::test_a_name_that_is_no_text_is_kept_byte_for_byte[query-\\xff\\xfe]"),
    ),
    Mutant(
        "the folders of a name in a manifest",
        "md5_service/cli/check.py",
        "self.client.put(source, filename=name, batch",
        "self.client.put(source, batch",
        _cli("test_check.py::test_the_service_s_manifest_of_a_delivery_is_one_for_its_folder[check]"),
    ),
    Mutant(
        "the ids in an archive that are no paths",
        "md5_task_data/portable.py",
        "if sort == OF_ID and not (is_id(value) and value == value.lower()):",
        "if False:",
        _data("test_hostile_archives.py::test_rows_that_are_none"),
    ),
    Mutant(
        "the refusal of links in an archive",
        "md5_task_data/archive.py",
        "self._tar.extractfile(info) if info.isreg() else None",
        "self._tar.extractfile(info)",
        _data("test_hostile_archives.py::test_what_is_no_file_in_an_archive_is_refused"),
    ),
    Mutant(
        "the length of what stands before a file in an archive",
        "md5_task_data/archive.py",
        "        if self._left < 0:\n",
        "        if False:\n",
        _data("test_hostile_archives.py::test_heads_of_a_tar_that_are_endless_take_no_memory"),
    ),
    Mutant(
        "words that are no address, which are seen at once",
        "md5_service/worker/formats/csv.py",
        "    address = cell.strip()\n",
        """    if re.fullmatch(r"[^@\\"]+@[^@\\"]+\\.[^@\\"]+", cell):\n        return True\n    address = cell.strip()\n""",
        ("tests/worker/test_linear_contacts.py::test_long_runs[is it an address]",),
    ),
    Mutant(
        "the look whether a part is still ours",
        "md5_service/worker/kinds/contacts/rows.py",
        "        if number % LOOK_ROWS == 0:\n            look()\n",
        "",
        ("tests/worker/test_linear_contacts.py::test_a_part_that_is_not_ours_any_more_is_left",),
    ),
    Mutant(
        "the rate of an owner",
        LIMITS,
        "if left < cost:",
        "if left < -100:",
        _api("test_limits.py::test_one_owner_asks_so_often"),
    ),
    Mutant(
        "an owner's share of the places",
        LIMITS,
        "self._taken[owner] >= self._most_of_one",
        "self._taken.total() < 0",
        _api("test_limits.py::test_so_many_files_come_in_at_the_same_time"),
    ),
    Mutant(
        "the places of all",
        LIMITS,
        "self._taken.total() >= self._most:",
        "self._taken.total() < 0:",
        _api("test_limits.py::test_so_many_files_come_in_at_the_same_time"),
    ),
    Mutant(
        "the disk's reserve, before the bytes",
        BUCKET,
        "_check_room(self._incoming, reserve + expected)",
        "_check_room(self._incoming, reserve)",
        _api("test_limits.py::test_a_disk_keeps_its_reserve"),
    ),
    Mutant(
        "the disk's reserve, while they come",
        BUCKET,
        "_check_room(self._descriptor, self._reserve)",
        "_check_room(self._descriptor, 0)",
        _api("test_limits.py::test_a_disk_keeps_its_reserve"),
    ),
    Mutant(
        "the limit of what a form has besides its file",
        "md5_service/api/receive.py",
        "if size - form.file_bytes(sink.size) > settings.max_form_bytes:",
        "if size < 0:",
        _api("test_limits.py::test_a_form_has_little_besides_its_file"),
    ),
    Mutant(
        "the parent that a part can be claimed for only while it waits",
        LEASES,
        '.where(tasks.c.id == bindparam("id"), tasks.c.status == "waiting")\n)',
        '.where(tasks.c.id == bindparam("id"))\n)',
        _data("test_parts.py::test_when_the_file_has_ended_its_parts_can_do_nothing_more[beat-sqlite]"),
    ),
    Mutant(
        "the parent that a part's lease lasts only while it waits",
        LEASES,
        'exists().where(tasks.c.id == bindparam("id"), tasks.c.status == "waiting")',
        'exists().where(tasks.c.id == bindparam("id"))',
        _data("test_parts.py::test_when_the_file_has_ended_its_parts_can_do_nothing_more[beat-sqlite]"),
    ),
    Mutant(
        "the closing of a file after its last part",
        PARTS,
        """    _queue(db, parent_id)
    return messages_about([parent])""",
        "    return messages_about([parent])",
        _data("test_parts.py::test_a_file_waits_for_all_its_parts_and_is_closed_once[sqlite]"),
    ),
    Mutant(
        "the count of parts that is taken from the row as it is, and not as it was read",
        PARTS,
        "parts_left=tasks.c.parts_left - 1",
        "parts_left=1 if db.scalar(select(tasks.c.parts_left).where(tasks.c.id == claim.file_id)) == 2 else 0",
        _data("test_parts.py::test_two_last_parts_that_end_together_close_the_file_once[postgresql]"),
    ),
    Mutant(
        "the failure of a file of which a part lost its worker too often",
        PARTS,
        "if (error := db.scalar(why)) is not None:",
        "if (error := db.scalar(why)) is not None and False:",
        _data("test_parts.py::test_a_part_that_loses_its_worker_too_often_fails_its_file[sqlite]"),
    ),
    Mutant(
        "the sweeper's closing of a file that waits for nothing",
        PARTS,
        """            _queue(db, parent["id"])
            messages""",
        "            messages",
        _data("test_parts.py::test_a_file_that_waits_for_nothing_is_closed_all_the_same[sqlite]"),
    ),
    Mutant(
        "the line in the log that a part must not have",
        DUE,
        'if row["parent_id"] is not None:',
        'if row["parent_id"] == "":',
        _data("test_parts.py::test_a_part_that_loses_its_worker_too_often_fails_its_file[sqlite]"),
    ),
    Mutant(
        "the parts that no client sees",
        PARTS,
        'NOBODY = ""',
        'NOBODY = "local"',
        _data("test_parts.py::test_no_client_sees_a_part_and_nobody_counts_it[sqlite]"),
    ),
    Mutant(
        "the lease under which rows are stored",
        "md5_service/worker/lifecycle.py",
        "        leases.beat(db, claim, beat.progress, self._settings.lease_s)\n        step(db)",
        "        step(db)",
        ("tests/worker/test_lifecycle.py::test_rows_are_stored_under_the_lease_and_not_after_it[sqlite]",),
    ),
    Mutant(
        "the first row of a file, whatever part comes first",
        CONTACTS,
        "and_(contacts.c.task_id == new.task_id, contacts.c.line > new.line)",
        "and_(contacts.c.task_id == new.task_id, contacts.c.line < 0)",
        _data("test_contacts.py::test_the_first_row_of_a_file_wins_in_whatever_order_its_parts_come[sqlite]"),
    ),
    Mutant(
        "the record that another file brought",
        CONTACTS,
        "and_(contacts.c.task_id == new.task_id, contacts.c.line > new.line)",
        "contacts.c.line > new.line",
        _data("test_contacts.py::test_what_another_file_brought_stays_though_its_line_is_a_later_one[sqlite]"),
    ),
    Mutant(
        "the order in which addresses are locked",
        CONTACTS,
        ".order_by(_LOADING.c.key)",
        ".order_by(_LOADING.c.line)",
        _data("test_contacts.py::test_files_that_are_loaded_at_the_same_time_share_their_addresses[postgresql]"),
    ),
    Mutant(
        "the bytes of a part that are its own, whatever is read next",
        "md5_service/worker/job.py",
        'b"".join(map(bytes, self.blocks()))',
        'b"".join(self.blocks())',
        _api("test_contacts.py::test_many_rejects_come_whole_and_in_order"),
    ),
    Mutant(
        "the sweeper's part in the contacts that an owner deletes",
        "md5_service/worker/sweeper.py",
        "        for task_id in wanted:\n            _delete_derived(database, task_id)\n",
        "",
        _api("test_contacts.py::test_what_an_owner_deleted_the_sweeper_deletes_where_nobody_else_got_to_it"),
    ),
    Mutant(
        "the end of a file's parts before what they brought is deleted",
        "md5_task_data/derived.py",
        "    parts.end_all(db, task_id)\n",
        "",
        _data("test_parts.py::test_what_a_file_brought_is_deleted_when_nobody_can_bring_more[postgresql]"),
    ),
    Mutant(
        "the end of the parts of up with the process that launched them",
        LAUNCHER,
        "    os.setsid()\n    die_with_parent()\n",
        "    os.setsid()\n",
        _cli("test_launcher.py::test_parts_end_with_the_launcher_and_the_next_is_launched_by_a_new_one"),
    ),
    Mutant(
        "the group of its own of each part of up",
        LAUNCHER,
        "    os.setsid()\n    die_with_parent()\n",
        "    die_with_parent()\n",
        _cli("test_launcher.py::test_it_is_a_process_of_its_own_and_says_what_it_is"),
    ),
    Mutant(
        "the umask of up",
        "md5_service/cli/up.py",
        "    os.umask(OTHERS)  # of all parts, too\n",
        "",
        _cli("test_up.py::test_a_folder_with_a_long_and_odd_name_works_and_is_private"),
    ),
    Mutant(
        "what closes a folder that was open",
        "md5_service/cli/folder.py",
        "        self.path.chmod(0o700)\n",
        "",
        _cli("test_up.py::test_a_folder_that_was_open_is_private_from_now_on"),
    ),
    Mutant(
        "the look at what stands where a backup goes",
        "md5_service/cli/backup.py",
        " | os.O_NOFOLLOW",
        "",
        _cli("test_backup.py::test_what_others_have_put_in_the_place_of_a_backup_is_not_written_to"),
    ),
    Mutant(
        "the formulas within a cell",
        "md5_service/worker/formats/csv.py",
        "    if _INNER_START.search(cell):\n",
        "    if False:\n",
        ("tests/worker/test_csv.py::test_no_formula_comes_up_whatever_delimiter_a_spreadsheet_expects",),
    ),
    Mutant(
        "the name of a cookie that came by HTTPS",
        COOKIE,
        'return f"__Host-{NAME}" if _is_by_https(request) else NAME',
        "return NAME",
        _api("test_session.py::test_over_https_the_cookie_is_one_that_nobody_else_can_have_put_there"),
    ),
    Mutant(
        "the scheme of an origin",
        "md5_service/origins.py",
        'self.scheme in ("", other.scheme)',
        "True",
        _api("test_browsers.py::test_an_allowed_origin_is_that_scheme_and_port_alone_where_it_says_so"),
    ),
    Mutant(
        "the look at a Host",
        BROWSERS,
        "raise Malformed(",
        "return print(",
        _api("test_browsers.py::test_a_host_that_is_none_is_refused"),
    ),
    Mutant(
        "the consumer that drops garbage",
        "md5_service/worker/app.py",
        '    app.conf.worker_consumer = f"{garbage.__name__}:{garbage.Consumer.__name__}"\n',
        "",
        ("tests/faults/test_garbage.py",),
    ),
    Mutant(
        "the refusal of what is compressed",
        "md5_service/worker/garbage.py",
        "        compression.register(_compressed, _compressed, name)\n",
        "        pass\n",
        ("tests/faults/test_garbage.py",),
    ),
    Mutant(
        "the number of requests that wait for their answers",
        WIRE,
        "if len(self._unanswered) >= MOST_UNANSWERED:",
        "if False:",
        _api("test_wire.py::test_so_many_requests_wait_for_answers_and_the_connection_ends_after_those"),
    ),
    Mutant(
        "the notice that a client takes its answer",
        WIRE,
        "if self.transport.get_write_buffer_size() >= self._unsent:",
        "if self.transport.get_write_buffer_size():",
        _api("test_unread.py::test_a_download_that_is_read_slowly_arrives"),
    ),
    Mutant(
        "the turn of each owner",
        "md5_service/api/in_time.py",
        "        async with turn:\n",
        "        if turn:\n",
        _api("test_neighbours.py::test_what_computes_has_one_turn_of_an_owner_at_a_time_and_others_wait_for_none"),
    ),
    Mutant(
        "the cost of a request that asks for much",
        LIMITS,
        "return 1 + asked / FOR_ONE",
        "return 1",
        _api("test_neighbours.py::test_who_asks_for_much_at_once_asks_less_often"),
    ),
    Mutant(
        "the number of tasks that one owner watches",
        "md5_service/api/watch.py",
        "+ len(rows) > self._most_of_one:",
        "+ len(rows) < 0:",
        _api("test_events.py::test_one_owner_watches_so_many_tasks"),
    ),
)


def main() -> int:
    print("| without | noticed by |\n|---|---|")
    survived = 0
    with libraries() as launcher, ThreadPoolExecutor(AT_ONCE) as pool:
        for mutant, outcome in zip(MUTANTS, pool.map(functools.partial(run, launcher), MUTANTS), strict=True):
            survived += not outcome.is_noticed
            print(f"| {mutant.takes_out} | {mutant.names if outcome.is_noticed else '**NOBODY**'} |", flush=True)
    print(f"\n{len(MUTANTS)} mutants, {survived} survived")
    return min(survived, 1)


if __name__ == "__main__":
    sys.exit(main())
