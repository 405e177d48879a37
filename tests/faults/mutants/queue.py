"""Mutants of the queue."""

from tests.faults.mutants.places import data
from tests.faults.mutation import Mutant

LEASES = "md5_task_data/queue/leases.py"
TURNS = "md5_task_data/queue/turns.py"
SWEEP = "md5_task_data/queue/sweep.py"
PARTS = "md5_task_data/queue/parts.py"

MUTANTS = (
    Mutant(
        "the fence",
        LEASES,
        "and_(tasks.c.id == claim.id, tasks.c.fence == claim.fence, tasks.c.status",
        "and_(tasks.c.id == claim.id, tasks.c.status",
        data("test_leases.py::test_a_stale_fence_changes_nothing[sqlite-beat]"),
        in_short=True,
    ),
    Mutant(
        "the fence of results that are stored together",
        LEASES,
        'tasks.c.fence == cast(given(_RESULTS, tasks.c.id, "fence"), Integer)',
        "literal(True)",
        data("test_leases.py::test_results_are_stored_together_and_nothing_of_what_was_lost[sqlite]"),
    ),
    Mutant(
        "the journey alone of what was tried before",
        LEASES,
        "for untried in (literal(True), tasks.c.attempt == 0)",
        "for untried in (literal(True), literal(True))",
        data("test_leases.py::test_small_files_travel_together_and_what_is_large_or_was_tried_before_alone[sqlite]"),
    ),
    Mutant(
        "the turn of who has the fewest workers",
        TURNS,
        "(row.running if lane == LARGE else 0, row.owner <= last, row.owner)",
        "(row.owner <= last, row.owner)",
        data("test_turns.py::test_who_has_the_fewest_workers_is_served_first[sqlite]"),
    ),
    Mutant(
        "the turn of each owner after the other",
        TURNS,
        "(row.running if lane == LARGE else 0, row.owner <= last, row.owner)",
        "(row.running if lane == LARGE else 0, row.owner)",
        data("test_turns.py::test_one_worker_alone_serves_one_owner_after_the_other[sqlite]"),
    ),
    Mutant(
        "the turns of a lane, however long the queue of one owner",
        TURNS,
        " if lane == WORK else claim_next(db, LARGE, lease_s, last)\n",
        "\n",
        data("test_turns.py::test_a_flood_of_large_files_delays_nobody_by_more_than_what_is_running[sqlite]"),
    ),
    Mutant(
        "the look at whether a part's file still waits for it",
        TURNS,
        "    or_(tasks.c.parent_id.is_(None), exists()",
        "    or_(tasks.c.parent_id.is_not(None), exists()",
        data("test_turns.py::test_parts_of_a_file_that_was_cancelled_stand_in_nobodys_way[sqlite]"),
    ),
    Mutant(
        "the check of the state that a row is claimed from",
        LEASES,
        'tasks.c.status == "queued", IS_KNOWN, untried)',
        "untried)",
        data("test_leases.py::test_a_queued_task_is_claimed_once_however_often_its_message_comes[sqlite]"),
    ),
    Mutant(
        "SKIP LOCKED",
        LEASES,
        "with_for_update(skip_locked=True, of=tasks)\n    for untried",
        "with_for_update(of=tasks)\n    for untried",
        data("test_leases.py::test_a_claim_passes_by_what_others_are_at[postgresql]"),
    ),
    Mutant(
        "the sweeper's eye for lost leases",
        SWEEP,
        'tasks.c.status.in_(("queued", "running"))',
        'tasks.c.status.in_(("queued",))',
        data("test_sweep.py::test_a_lease_that_runs_out_is_queued_again_and_says_why"),
    ),
    Mutant(
        "the end of a file that loses leases for ever",
        SWEEP,
        "if has_another := lost < max_attempts:",
        "if has_another := True:",
        data("test_sweep.py::test_leases_lost_too_often_fail_the_task[sqlite-2]"),
    ),
    Mutant(
        "the innocence of those who are lost together",
        LEASES,
        "literal(IN_COMPANY))",
        "tasks.c.lost_leases)",
        data("test_sweep.py::test_what_is_lost_in_company_counts_against_nobody[sqlite]"),
    ),
    Mutant(
        "the lane of large files",
        "md5_task_data/queue/hints.py",
        "return WORK if KINDS[kind].is_instant and size <= LARGE_FILE else LARGE",
        "return WORK if KINDS[kind].is_instant else LARGE",
        data("test_sweep.py::test_a_large_file_has_a_lane_of_its_own[sqlite]"),
    ),
    Mutant(
        "the parent that a part can be claimed for only while it waits",
        LEASES,
        '.where(tasks.c.id == bindparam("id"), tasks.c.status == "waiting")\n)',
        '.where(tasks.c.id == bindparam("id"))\n)',
        data("test_parts.py::test_when_the_file_has_ended_its_parts_can_do_nothing_more[beat-sqlite]"),
    ),
    Mutant(
        "the parent that a part's lease lasts only while it waits",
        LEASES,
        'exists().where(tasks.c.id == bindparam("id"), tasks.c.status == "waiting")',
        'exists().where(tasks.c.id == bindparam("id"))',
        data("test_parts.py::test_when_the_file_has_ended_its_parts_can_do_nothing_more[beat-sqlite]"),
    ),
    Mutant(
        "the closing of a file after its last part",
        PARTS,
        """    _queue(db, parent_id)
    return messages_for([parent])""",
        "    return messages_for([parent])",
        data("test_parts.py::test_a_file_waits_for_all_its_parts_and_is_closed_once[sqlite]"),
    ),
    Mutant(
        "the count of parts that is taken from the row as it is, and not as it was read",
        PARTS,
        "parts_left=tasks.c.parts_left - 1, p",
        "parts_left=1 if db.scalar(select(tasks.c.parts_left).where(tasks.c.id == claim.file_id)) == 2 else 0, p",
        data("test_parts.py::test_two_last_parts_that_end_together_close_the_file_once[postgresql]"),
    ),
    Mutant(
        "the failure of a file of which a part lost its worker too often",
        PARTS,
        "if (error := db.scalar(why)) is not None:",
        "if (error := db.scalar(why)) is not None and False:",
        data("test_parts.py::test_a_part_that_loses_its_worker_too_often_fails_its_file[sqlite]"),
    ),
    Mutant(
        "the sweeper's closing of a file that waits for nothing",
        PARTS,
        """            _queue(db, parent["id"])
            messages""",
        "            messages",
        data("test_parts.py::test_a_file_that_waits_for_nothing_is_closed_all_the_same[sqlite]"),
    ),
    Mutant(
        "the line in the log that a part must not have",
        SWEEP,
        'if row["parent_id"] is not None:',
        'if row["parent_id"] == "":',
        data("test_parts.py::test_a_part_that_loses_its_worker_too_often_fails_its_file[sqlite]"),
    ),
    Mutant(
        "the parts that no client sees",
        PARTS,
        'NOBODY = ""',
        'NOBODY = "local"',
        data("test_parts.py::test_no_client_sees_a_part_and_nobody_counts_it[sqlite]"),
    ),
    Mutant(
        "the look at whether a worker knows the kind of a task that its message names",
        LEASES,
        'tasks.c.status == "queued", IS_KNOWN, untried)',
        'tasks.c.status == "queued", untried)',
        data("test_unknown_kinds.py::test_a_task_of_a_newer_kind_is_left_for_others_and_says_so[sqlite]"),
    ),
    Mutant(
        "the look at whether a worker knows the kind of the task whose turn it is",
        TURNS,
        "    leases.IS_KNOWN,\n",
        "",
        data("test_unknown_kinds.py::test_a_turn_goes_to_what_is_known[sqlite]"),
    ),
    Mutant(
        "the note that a task was left for others",
        LEASES,
        ".values(left_at=now()))",
        ".values(left_at=None))",
        data("test_unknown_kinds.py::test_a_task_of_a_newer_kind_is_left_for_others_and_says_so[sqlite]"),
    ),
    Mutant(
        "the patience of what was left for others",
        SWEEP,
        "tasks.c.hints > 0, tasks.c.left_at.is_(None))",
        "tasks.c.hints > 0)",
        data("test_unknown_kinds.py::test_what_was_left_is_asked_about_seldom_and_keeps_nobody_waiting[sqlite]"),
    ),
)
