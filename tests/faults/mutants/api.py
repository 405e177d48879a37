"""Mutants of the API."""

from tests.faults.mutants.places import api
from tests.faults.mutation import Mutant

MUTANTS = (
    Mutant(
        "the refusal of what its owner deleted, until it is gone",
        "md5_service/api/routes/tasks.py",
        "    tasks.check_kept(row)\n",
        "",
        api("test_file.py::test_what_was_deleted_is_neither_served_nor_tried_again_though_the_bytes_are_still_there"),
    ),
    Mutant(
        "the end of a path, which a download is named by",
        "md5_service/api/routes/tasks.py",
        "PurePosixPath(name).name or UNNAMED",
        "name or UNNAMED",
        api("test_attacked_in_vain.py::test_no_name_is_a_path"),
    ),
    Mutant(
        "the number of tasks that one owner watches",
        "md5_service/api/watch.py",
        "+ len(rows) > self._most_of_one:",
        "+ len(rows) < 0:",
        api("test_events.py::test_one_owner_watches_so_many_tasks"),
    ),
    Mutant(
        "the cells of an export that are no formulas",
        "md5_service/api/http/table.py",
        "guarded(cell) if isinstance(cell, str) else cell",
        "cell",
        api("test_tasks_csv.py::test_the_table_says_of_each_task_what_the_list_says"),
    ),
    Mutant(
        "the policy of the documentation, which allows no scripts but its own",
        "md5_service/api/routes/help.py",
        "script-src 'self' {allowed};",
        "script-src 'self' 'unsafe-inline';",
        api("test_help.py::test_no_page_allows_scripts_of_its_own"),
    ),
)
