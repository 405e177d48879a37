"""Mutants of rows and their migrations."""

from tests.faults.mutants.places import api, data
from tests.faults.mutation import Mutant

KEYS = "md5_task_data/api_keys.py"

MUTANTS = (
    Mutant(
        "the UNIQUE of the log's lines",
        "md5_task_data/migrations/versions/0001_tasks_and_log.py",
        '        sa.UniqueConstraint("task_id", name="uq_log_lines_task_id"),\n',
        "",
        data("test_shared_log.py::test_a_second_line_for_a_task_is_refused_by_the_database[sqlite]"),
        in_short=True,
    ),
    Mutant(
        "the primary key of idempotency keys",
        "md5_task_data/migrations/versions/0006_idempotency.py",
        '        sa.PrimaryKeyConstraint("owner", "key", name="pk_idempotency_keys"),\n',
        "",
        data("test_idempotency.py::test_of_many_at_the_same_time_one_has_it[postgresql]"),
    ),
    Mutant(
        "the second look at who holds a key",
        "md5_task_data/idempotency.py",
        "if not db.execute(update(idempotency_keys).where(_is_held_by(holder)).values(kept)).rowcount:",
        "if not db.execute(update(idempotency_keys).where(_is_key(holder)).values(kept)).rowcount:",
        data("test_idempotency.py::test_what_is_released_is_free_at_once_and_what_was_forgotten_after_a_while[sqlite]"),
    ),
    Mutant(
        "the end of a hold that nobody extends",
        "md5_task_data/idempotency.py",
        'if row is None or row["expires_at"] <= row["now"]:',
        "if row is None:",
        api("test_crash.py::test_what_a_killed_api_leaves_behind_goes"),
    ),
    Mutant(
        "the bytes of small files, with their rows",
        "md5_task_data/tasks.py",
        "    small_files.add(db, {new.id: new.content for new, _ in news if new.content is not None})\n",
        "",
        api("test_small_files.py::test_parts_of_it_can_be_asked_for"),
    ),
    Mutant(
        "the removal of bytes that were given up in the middle of their commit",
        "md5_task_data/tasks.py",
        "    small_files.remove(db, ids)\n",
        "",
        api("test_commit.py::test_what_was_given_up_is_left_out_of_a_commit_that_the_others_are_in[sqlite]"),
    ),
    Mutant(
        "the sweeper's part in what an owner deletes",
        "md5_task_data/tasks.py",
        "due_at=None if are_gone else now()",
        "due_at=None",
        ("tests/worker/test_sweeper.py::test_bytes_whose_owner_deleted_them_go_though_the_api_died_before[sqlite]",),
    ),
    Mutant(
        "the end of a revoked key",
        KEYS,
        "where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))",
        "where(api_keys.c.id == key_id)",
        api("test_auth.py::test_a_revoked_key_opens_nothing_within_seconds"),
    ),
    Mutant(
        "the hash of a key",
        KEYS,
        "return hashlib.sha256(key.encode()).hexdigest()",
        'return key if hashlib else ""',
        data("test_api_keys.py::test_what_is_kept_does_not_open_anything[sqlite]"),
    ),
    Mutant(
        "the owner of several tasks in one stream",
        "md5_task_data/tasks.py",
        "tasks.c.id.in_(known), tasks.c.owner == owner",
        "tasks.c.id.in_(known)",
        api("test_other_owners.py::test_what_another_owner_has_is_as_what_never_was"),
    ),
    Mutant(
        "the bytes of a name that is no text",
        "md5_task_data/names.py",
        '"filename_bytes": None if text == name else _raw(name)}',
        '"filename_bytes": None}',
        api("test_manifest.py::test_a_name_that_is_no_text_is_kept_byte_for_byte[query-\\xff\\xfe]"),
    ),
    Mutant(
        "the last task of each step of an export",
        "md5_task_data/listing.py",
        "tasks.c.id >= last",
        "tasks.c.id > last",
        data("test_filters.py::test_an_export_neither_skips_nor_repeats_however_few_pass[sqlite]"),
    ),
    Mutant(
        "the verdict that a result leaves beside its row",
        "md5_task_data/queue/leases.py",
        'return "mismatch"',
        'return "none"',
        data("test_filters.py::test_tasks_are_found_by_their_verdict[sqlite]"),
    ),
    Mutant(
        "the time by which tasks are found, which is not that of their ids",
        "md5_task_data/filters.py",
        "and_(tasks.c.created_at < at, tasks.c.id < _first_id(at + ID_NEWER))",
        "tasks.c.id < _first_id(at)",
        data("test_filters.py::test_tasks_are_found_by_the_time_at_which_they_were_created[sqlite]"),
    ),
)
