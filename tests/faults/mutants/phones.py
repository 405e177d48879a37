"""Mutants of the search for phone numbers."""

from tests.faults.mutants.places import api, data
from tests.faults.mutation import Mutant

ROWS = "md5_task_data/kinds/phones.py"
KIND = "md5_service/worker/kinds/phones/__init__.py"
ROUTE = "md5_service/api/routes/phones.py"
MATCHER = "md5_service/worker/kinds/phones/matcher.py"
WORKER = "tests/worker/test_phones.py::"
MATCHES = "tests/worker/test_phones_matcher.py::"

MUTANTS = (
    Mutant(
        "the end of what can be read, at the first part that is not done",
        ROWS,
        "        query = query.where(phones.c.offset < up_to)\n",
        "        pass\n",
        (f"{WORKER}test_numbers_can_be_read_up_to_the_first_part_that_is_not_done[sqlite]",),
    ),
    Mutant(
        "the number right after the last page of an unfinished search",
        ROWS,
        "max(after, up_to - 1)",
        "max(after, up_to)",
        data("test_phones.py::test_a_reader_who_goes_on_while_parts_end_gets_every_number_once[sqlite]"),
    ),
    Mutant(
        "the counts of parts that ended before",
        ROWS,
        '{"numbers": phone_regions.c.numbers + into.excluded.numbers}',
        '{"numbers": into.excluded.numbers}',
        data("test_phones.py::test_the_counts_by_region_are_those_of_the_rows[sqlite]"),
    ),
    Mutant(
        "the limit on the numbers of a file",
        ROWS,
        "    if numbers > most:\n",
        "    if False:\n",
        data("test_phones.py::test_the_number_that_is_too_many_is_refused_with_its_part[sqlite]"),
    ),
    Mutant(
        "a step of counting that may be run again",
        ROWS,
        "self._counts[after] =",
        "self._counts[after] = self._counts.get(after, 0) +",
        data("test_phones.py::test_different_numbers_are_counted_in_steps[sqlite]"),
    ),
    Mutant(
        "the short steps in which numbers are deleted",
        ROWS,
        "delete(phones).where(of_task, phones.c.offset <= last)",
        "delete(phones).where(of_task)",
        data("test_phones.py::test_numbers_are_deleted_in_short_steps_and_only_those_of_the_file[sqlite]"),
    ),
    Mutant(
        "the refusal to show what its owner deleted",
        "md5_task_data/kinds/kind.py",
        '    if task["results_deleted_at"] is not None:\n',
        "    if False:\n",
        api("test_phones.py::test_an_owner_deletes_the_numbers_and_the_task_stays"),
    ),
    Mutant(
        "the look at all parts at once, in whatever status they are",
        "md5_task_data/queue/parts.py",
        "    first = db.scalar(select(tasks.c.params).where(*here).order_by(tasks.c.id).limit(1))\n",
        """    found = [
        db.scalar(select(tasks.c.params).where(*here, tasks.c.status == status).order_by(tasks.c.id).limit(1))
        for status in ("queued", "running")
    ]
    first = min((each for each in found if each), key=lambda each: each["offset"], default=None)
""",
        data("test_cut_again.py::test_a_part_that_is_given_back_in_that_moment_is_not_done[postgresql]"),
    ),
    Mutant(
        "the parts of the rest of a file, for which the file waits",
        "md5_task_data/queue/parts.py",
        "parts_left=tasks.c.parts_left - 1 + len(slices)",
        "parts_left=tasks.c.parts_left",
        data(
            "test_cut_again.py::test_the_rest_of_a_long_file_is_cut_again_and_the_file_waits_for_all_its_parts[sqlite]"
        ),
    ),
    Mutant(
        "a long file that is cut bit by bit",
        KIND,
        "PLACE, size_at, CUT_TOGETHER)",
        "PLACE, size_at, 1 << 30)",
        (f"{WORKER}test_a_long_file_is_cut_bit_by_bit_and_its_first_numbers_come_before_it_was_read[sqlite]",),
    ),
    Mutant(
        "the parts that are not the last one, and so not cut again",
        KIND,
        "    if is_last and where.size",
        "    if where.size",
        (f"{WORKER}test_workers_with_other_settings_search_the_parts_as_they_were_cut[sqlite]",),
    ),
    Mutant(
        "the character before a number, at a cut",
        "md5_service/worker/kinds/phones/candidates.py",
        "(?=[^{_IN_CANDIDATES}])",
        "",
        ("tests/worker/test_phones_cuts.py::test_no_cut_changes_a_number",),
    ),
    Mutant(
        "the time stamps that are no numbers",
        MATCHER,
        "is_time and library._TIME_STAMPS.search(candidate)",
        "False",
        (f"{MATCHES}test_random_lines_have_the_same_numbers",),
    ),
    Mutant(
        "the letters and signs beside which nothing is a number",
        MATCHER,
        "if (_spoils(candidate[end]) if end < len(candidate) else is_spoilt_after) or (",
        "if (",
        (f"{MATCHES}test_random_lines_have_the_same_numbers",),
    ),
    Mutant(
        "the fewest digits that are a number somewhere",
        "md5_service/worker/kinds/phones/plans.py",
        "    return min(with_plus + 1, ",
        "    return 2 + min(with_plus + 1, ",
        (f"{MATCHES}test_random_lines_have_the_same_numbers",),
    ),
    Mutant(
        "the tab, which an extension may follow",
        "md5_service/worker/kinds/phones/candidates.py",
        r"\d\t:",
        r"\d:",
        ("tests/worker/test_phones_cuts.py::test_every_character_that_a_number_may_contain_is_kept_together",),
    ),
    Mutant(
        "an export that ends as if it were whole, in the middle of a deletion",
        ROUTE,
        "            _readable(db, owner, task_id)  # still; otherwise this breaks the body off\n",
        "",
        api("test_phones.py::test_an_export_that_a_deletion_overtakes_breaks_off"),
    ),
    Mutant(
        "the bytes of characters that are not ASCII",
        "md5_service/worker/formats/lines.py",
        'if text.isascii() and not encoding.startswith("utf-16"):',
        "if True:",
        (f"{WORKER}test_every_number_is_told_with_its_place_and_as_it_is_written[sqlite]",),
    ),
    Mutant(
        "the greatest length of a line that cannot be cut",
        "md5_service/worker/formats/lines.py",
        "        if size >= LONGEST:\n",
        "        if False:\n",
        ("tests/worker/test_lines.py::test_a_line_of_the_greatest_length_is_one_piece_and_a_longer_one_an_error",),
    ),
    Mutant(
        "the engine that a file was begun with",
        KIND,
        '_engine(plan["engine"])',
        "_engine(job.settings.phones_engine)",
        (f"{WORKER}test_the_engine_is_named_in_the_result_and_the_same_for_all_parts[sqlite]",),
    ),
    Mutant(
        "the region of the service, written into the task",
        "md5_service/api/upload/intake.py",
        "kind.checked(defaults | ",
        "kind.checked(",
        api("test_phones.py::test_the_region_of_the_service_is_written_into_the_task"),
    ),
    Mutant(
        "the owner of phone numbers",
        ROUTE,
        "    task = tasks.get(db, owner, task_id)\n",
        "    task = tasks.rows(db, [task_id])[0]\n",
        api("test_other_owners.py::test_what_another_owner_has_is_as_what_never_was"),
    ),
    Mutant(
        "an export that is whole",
        ROUTE,
        '    if task["outcome"] is None:\n',
        "    if False:\n",
        api("test_phones.py::test_all_numbers_are_exported_safe_for_spreadsheets"),
    ),
)
