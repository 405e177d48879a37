"""What clients rely on, row by row, and the tests that show each: no call, answer, command, exit code or field is without one.

Calls, answers and commands are read off the code, so that a new one needs its tests here.
"""

import ast
import json
from functools import cache

import pytest
from typer.main import get_command

from md5_service.api.errors import CODES, STATUS
from md5_service.cli.main import app
from tests.checkout import ROOT

CALLS = {
    "POST /v1/tasks": """
        api/test_hand_over.py::test_the_bytes_are_stored_as_sent_and_the_id_comes_at_once
        api/test_hand_over.py::test_the_parameters_of_a_form_may_come_before_and_after_the_file
        api/test_hand_over.py::test_the_parameters_of_a_raw_body_come_in_the_query
        api/test_hand_over.py::test_what_curl_sends_by_default_is_a_raw_body
        api/test_tasks.py::test_a_wait_on_hand_over_is_still_202""",
    "GET /v1/tasks/{task_id}": """
        api/test_tasks.py::test_an_unknown_id_is_404
        api/test_tasks.py::test_an_unchanged_task_is_304
        api/test_tasks.py::test_a_wait_ends_with_its_time
        api/test_tasks.py::test_a_wait_is_cut_to_sixty_seconds_and_nonsense_is_not_one
        api/test_tasks.py::test_a_wait_ends_soon_after_the_outcome_though_the_line_is_not_written""",
    "GET /v1/tasks": """
        api/test_tasks.py::test_the_list_goes_from_page_to_page
        api/test_tasks.py::test_a_bad_list_is_422_and_says_what_is_wrong
        data/test_tasks.py::test_filters_narrow_the_list
        data/test_tasks.py::test_pages_neither_skip_nor_repeat_while_new_tasks_come_in""",
    "GET /v1/tasks/{task_id}/events": """
        api/test_events.py::test_the_task_comes_at_every_change_until_it_has_ended
        api/test_events.py::test_who_connects_again_gets_what_changed_meanwhile_and_nothing_twice
        api/test_events.py::test_a_stream_says_that_it_lives_and_ends_after_a_while""",
    "GET /v1/tasks/events": "api/test_events.py::test_many_tasks_come_in_one_stream",
    "DELETE /v1/tasks/{task_id}": "api/test_tasks.py::test_cancel_once_and_then_409",
    "POST /v1/tasks/{task_id}/retry": """
        api/test_file.py::test_a_cancelled_task_is_tried_again_under_an_id_of_its_own
        api/test_file.py::test_only_what_failed_or_was_cancelled_is_tried_again
        api/test_file.py::test_bytes_that_are_gone_are_410_and_an_unknown_id_404""",
    "GET /v1/tasks/{task_id}/file": """
        api/test_file.py::test_the_bytes_come_back_as_they_were_sent
        api/test_file.py::test_bytes_that_are_gone_are_410_and_an_unknown_id_404""",
    "DELETE /v1/tasks/{task_id}/results": """
        api/test_file.py::test_an_owner_deletes_the_bytes_of_what_has_ended_and_the_task_stays
        api/test_contacts.py::test_an_owner_deletes_what_a_file_brought_and_the_task_stays""",
    "GET /v1/stats": "api/test_stats.py::test_what_came_in_is_counted_by_what_became_of_it",
    "GET /v1/manifest.md5": """
        api/test_manifest.py::test_md5sum_accepts_it_whatever_the_names
        api/test_manifest.py::test_what_is_not_done_or_of_another_batch_is_not_in_it""",
    "GET /v1/contacts": """
        api/test_contacts.py::test_a_file_becomes_records_and_tells_what_became_of_each_row
        api/test_contacts.py::test_contacts_go_from_page_to_page
        data/test_contacts.py::test_pages_neither_skip_nor_repeat_while_rows_come_and_are_replaced
        data/test_contacts.py::test_an_address_is_found_in_any_spelling_and_by_its_owner_only""",
    "GET /v1/contacts/{contact_id}": """
        api/test_contacts.py::test_a_file_becomes_records_and_tells_what_became_of_each_row
        api/test_contacts.py::test_what_is_not_there_or_not_allowed_is_told""",
    "GET /v1/tasks/{task_id}/rejects.csv": """
        api/test_contacts.py::test_rejects_are_safe_in_a_spreadsheet_and_can_be_handed_over_again
        api/test_contacts.py::test_many_rejects_come_whole_and_in_order
        api/test_contacts.py::test_a_file_of_another_kind_has_no_rejects""",
    "GET /v1/session": "api/test_session.py::test_who_signs_in_is_known_by_a_cookie_that_opens_what_the_key_opens",
    "POST /v1/session": """
        api/test_session.py::test_the_cookie_is_for_no_script_and_no_other_site_and_goes_with_the_browser
        api/test_session.py::test_what_is_no_key_is_a_problem_and_no_cookie
        browser/test_sign_in.py::test_from_the_first_key_to_the_next_owner""",
    "DELETE /v1/session": "api/test_session.py::test_who_signs_out_has_no_cookie_any_more",
    "GET /healthz": "api/test_tasks.py::test_health_names_what_is_away",
    "GET /readyz": "api/test_tasks.py::test_health_names_what_is_away",
    "GET /metrics": """
        api/test_stats.py::test_what_came_in_is_counted_by_what_became_of_it
        api/test_stats.py::test_prometheus_may_ask_for_its_newer_form""",
}
ANSWERS = {
    400: "api/test_hand_over.py::test_a_bad_form_gets_a_problem_and_nothing_is_kept",
    401: """
        api/test_auth.py::test_a_wrong_key_opens_nothing
        api/test_auth.py::test_nobody_without_a_key_gets_a_body_in""",
    403: "api/test_browsers.py::test_another_site_changes_nothing",
    404: """
        api/test_tasks.py::test_an_unknown_id_is_404
        api/test_tasks.py::test_an_unknown_path_is_404_and_never_the_page""",
    405: "api/test_tasks.py::test_a_wrong_method_is_405_and_says_which_are_right",
    408: "api/test_broken_hand_over.py::test_an_upload_that_stalls_is_ended",
    409: """
        api/test_tasks.py::test_cancel_once_and_then_409
        api/test_idempotency.py::test_while_the_first_is_being_received_it_is_409""",
    410: "api/test_file.py::test_bytes_that_are_gone_are_410_and_an_unknown_id_404",
    413: """
        api/test_hand_over.py::test_the_largest_file_is_taken_and_one_byte_more_is_not
        api/test_hand_over.py::test_a_length_beyond_the_limit_is_refused_before_the_body_comes""",
    415: "api/test_conventions.py::test_bytes_in_another_coding_are_415",
    422: """
        api/test_hand_over.py::test_a_bad_query_gets_a_problem_and_nothing_is_kept
        api/test_idempotency.py::test_other_bytes_or_parameters_are_422""",
    429: "api/test_limits.py::test_one_owner_asks_so_often",
    431: "api/test_limits.py::test_the_head_of_a_request_has_a_size",
    503: """
        api/test_broken_hand_over.py::test_without_a_database_it_is_503_and_keeps_nothing
        api/test_limits.py::test_so_many_files_come_in_at_the_same_time""",
    507: """
        api/test_broken_hand_over.py::test_a_full_disk_is_507_and_keeps_nothing
        api/test_limits.py::test_a_disk_keeps_its_reserve""",
}
COMMANDS = {
    "up": """
        end_to_end/test_readme.py::test_run_starts_the_service_and_hands_its_arguments_on
        end_to_end/test_kill_storm.py::test_nothing_is_lost_when_everything_is_killed_again_and_again""",
    "put": """
        cli/test_put.py::test_the_output_is_that_of_md5sum
        cli/test_put.py::test_the_standard_input_is_a_file""",
    "get": "cli/test_put.py::test_ids_at_once_and_results_later",
    "ls": "cli/test_check.py::test_ls_is_for_scripts_and_for_people",
    "cancel": "cli/test_check.py::test_cancel_ends_what_it_can_and_says_what_it_cannot",
    "check": """
        cli/test_check.py::test_check_says_what_md5sum_says
        cli/test_check.py::test_what_is_wrong_is_worded_and_counted_as_md5sum_does""",
    "log verify": "cli/test_put.py::test_log_verify",
    "log tail": "cli/test_log_tail.py::test_lines_are_shown_as_they_are_written",
    "migrate": "end_to_end/test_readme.py::test_the_processes_on_several_hosts_are_started_as_the_readme_says",
    "doctor": "cli/test_doctor.py::test_a_finding_says_what_to_do",
    "backup": """
        cli/test_backup.py::test_a_backup_is_made_once_and_comes_back
        data/test_backup.py::test_what_changes_while_rows_are_written_down_is_not_in_it
        faults/test_backup.py::test_all_is_destroyed_and_comes_back_elsewhere""",
    "restore": """
        cli/test_backup.py::test_what_is_to_be_looked_at_is_1
        data/test_restore.py::test_everything_comes_back_whatever_the_make
        faults/test_backup.py::test_restores_are_killed_and_begun_again""",
    "key create": "cli/test_key.py::test_a_key_is_printed_once_listed_without_its_secret_and_revoked",
    "key list": "cli/test_key.py::test_a_key_is_printed_once_listed_without_its_secret_and_revoked",
    "key revoke": "cli/test_key.py::test_a_key_is_printed_once_listed_without_its_secret_and_revoked",
}
EXIT_CODES = {
    0: "cli/test_put.py::test_the_output_is_that_of_md5sum",
    1: "cli/test_put.py::test_a_digest_that_is_not_the_expected_one_is_1",
    2: "cli/test_put.py::test_usage_is_2",
    3: "cli/test_put.py::test_a_service_that_does_not_answer_is_3",
    124: "cli/test_put.py::test_get_of_what_has_not_ended_is_124",
}
RULES = {
    "an error is a problem document with a stable code; a failed task's too": """
        api/test_conventions.py::test_a_parameter_that_nobody_knows_is_422_and_named
        faults/test_poison.py::test_poison""",
    "a cursor neither skips nor repeats": """
        data/test_tasks.py::test_pages_neither_skip_nor_repeat_while_new_tasks_come_in""",
    "an expected digest gets a verdict": """
        worker/test_md5.py::test_an_expected_digest_gets_a_verdict
        api/test_digests.py::test_the_md5_of_a_header_is_expected""",
    "Idempotency-Key": "api/test_idempotency.py::test_the_same_again_is_the_same_task_as_it_is_now",
    "owners": "api/test_auth.py::test_owners_see_and_touch_only_their_own",
    "a file name is data": """
        api/test_conventions.py::test_a_name_is_kept_as_it_was_sent
        api/test_manifest.py::test_md5sum_accepts_it_whatever_the_names""",
    "bytes are kept so long": """
        worker/test_sweeper.py::test_bytes_are_deleted_when_they_were_kept_long_enough_and_only_then""",
    "a wrong setting stops the start with one line": """
        worker/test_settings.py::test_a_wrong_setting_ends_a_process_with_one_line
        cli/test_up.py::test_a_wrong_setting_is_named""",
    "an address that others reach must be asked for": "cli/test_up.py::test_an_open_address_must_be_asked_for",
}
ROWS = {str(row): tests for part in (CALLS, ANSWERS, COMMANDS, EXIT_CODES, RULES) for row, tests in part.items()}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_tests_that_show_it(row: str) -> None:
    named = ROWS[row].split()
    assert named
    for name in named:
        file, _, function = name.partition("::")
        assert function in functions(file), f"{name} is not there"


def test_every_call_has_its_row() -> None:
    paths = json.loads((ROOT / "frontend" / "openapi.json").read_text())["paths"]
    assert {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods} == set(CALLS)


def test_every_answer_has_its_row() -> None:
    assert {status for status, _ in STATUS.values()} | set(CODES) == set(ANSWERS)


def test_every_command_has_its_row() -> None:
    assert set(commands(get_command(app))) == set(COMMANDS)


@cache
def functions(file: str) -> set[str]:
    """The tests of a file, without importing it."""
    tree = ast.parse((ROOT / "tests" / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def commands(group: object, *above: str) -> list[str]:
    inner = getattr(group, "commands", {})
    if not inner:
        return [" ".join(above)]
    return [name for word, command in inner.items() for name in commands(command, *above, word)]
