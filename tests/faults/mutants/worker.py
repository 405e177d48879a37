"""Mutants of the worker."""

from tests.faults.mutants.places import api
from tests.faults.mutation import Mutant

MUTANTS = (
    Mutant(
        "the neighbour's turn after small files that had to wait",
        "md5_service/worker/lifecycle.py",
        "if lane == LARGE or not turns.has_waited(claims):",
        "if lane:",
        ("tests/worker/test_lifecycle_turns.py::test_after_files_that_had_to_wait_a_neighbour_has_its_turn[sqlite]",),
    ),
    Mutant(
        "the answers of the DNS that all workers share",
        "md5_service/worker/kinds/contacts/mx.py",
        "    domains.keep(db, told)\n",
        "",
        ("tests/worker/test_mx.py::test_workers_share_what_was_answered[sqlite]",),
    ),
    Mutant(
        "the sweeper's new hints",
        "md5_service/worker/sweeper.py",
        "can_publish and publish(app, found.messages)",
        "can_publish",
        ("tests/worker/test_sweeper.py::test_an_idle_broker_gets_all_hints_again[sqlite]",),
    ),
    Mutant(
        "the heartbeat",
        "md5_service/worker/heartbeat.py",
        "leases.beat(db, beat.claim, beat.progress, self._lease_s)",
        "pass",
        (
            "tests/worker/test_lifecycle_leases.py::"
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
        "the sending of spans when the end of a process is interrupted",
        "md5_service/worker/traces.py",
        "Finalize(None, tracing.stop, exitpriority=0)",
        "pass",
        ("tests/worker/test_tracing.py::test_a_child_of_a_worker_that_is_stopped_while_it_ends_sends_what_it_holds",),
    ),
    Mutant(
        "words that are no address, which are seen at once",
        "md5_service/worker/kinds/contacts/layout.py",
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
        "the lease under which rows are stored",
        "md5_service/worker/lifecycle.py",
        "        leases.beat(db, claim, beat.progress, self._settings.lease_s)\n        step(db)",
        "        step(db)",
        ("tests/worker/test_lifecycle_leases.py::test_rows_are_stored_under_the_lease_and_not_after_it[sqlite]",),
    ),
    Mutant(
        "the bytes of a part that are its own, whatever is read next",
        "md5_service/worker/job.py",
        'b"".join(map(bytes, self.blocks()))',
        'b"".join(self.blocks())',
        api("test_contacts.py::test_many_rejects_come_whole_and_in_order"),
    ),
    Mutant(
        "the sweeper's part in the contacts that an owner deletes",
        "md5_service/worker/sweeper.py",
        "{task_id for task_id in wanted if _delete_results(database, task_id, until)}",
        "set[str]()",
        api("test_contacts.py::test_what_an_owner_deleted_the_sweeper_deletes_where_nobody_else_got_to_it"),
    ),
    Mutant(
        "the time that a sweep may take to delete rows",
        "md5_service/worker/sweeper.py",
        "        if time.monotonic() >= until:\n",
        "        if False:\n",
        (
            "tests/worker/test_sweeper.py::"
            "test_many_rows_are_deleted_by_several_sweeps_so_that_nothing_else_waits[sqlite]",
        ),
    ),
    Mutant(
        "the formulas within a cell",
        "md5_service/spreadsheet.py",
        "    if _INNER_START.search(cell):\n",
        "    if False:\n",
        ("tests/worker/test_csv.py::test_no_formula_comes_up_whatever_delimiter_a_spreadsheet_expects",),
    ),
    Mutant(
        "the consumer that drops garbage",
        "md5_service/worker/app.py",
        '    app.conf.worker_consumer = f"{garbage.__name__}:{garbage.Consumer.__name__}"\n',
        "",
        ("tests/faults/test_garbage.py",),
    ),
    Mutant(
        "the transport that drops what it cannot read",
        "md5_service/worker/app.py",
        "broker.make_celery(settings, REDIS_TRANSPORT)",
        "broker.make_celery(settings)",
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
        "the look at whether somebody asked the worker to stop",
        "md5_service/worker/lifecycle.py",
        "if not terminate_handler_fired():",
        "if False:",
        (
            "tests/worker/test_lifecycle.py::"
            "test_work_that_ends_the_process_by_itself_has_failed_as_with_any_other_error[sqlite-end0]",
        ),
    ),
    Mutant(
        "the bounds of a fault in what one kind forgets",
        "md5_service/worker/sweeper.py",
        'log.exception("the kind %s failed to delete its expired rows", kind.name)',
        "raise",
        ("tests/worker/test_sweeper.py::test_a_kind_that_cannot_forget_is_no_matter_of_the_others[sqlite]",),
    ),
)
