"""Mutants of the command and the client."""

from tests.faults.mutants.places import cli
from tests.faults.mutation import Mutant

LAUNCHER = "md5_service/cli/launcher.py"

MUTANTS = (
    Mutant(
        "the buffer without which a disk that is nearly full takes less than it is given",
        "md5_service/cli/backup.py",
        'with open(descriptor, "wb") as file:',
        'with open(descriptor, "wb", buffering=0) as file:',
        ("tests/faults/test_backup_disk_full.py::test_a_disk_that_is_full_is_told_and_nothing_is_left",),
    ),
    Mutant(
        "this machine, which no proxy comes before",
        "md5_service/client/proxies.py",
        'or _is_here(service.hostname or "")',
        'or _is_here("")',
        cli("test_proxies.py::test_this_machine_is_never_asked_through_a_proxy"),
    ),
    Mutant(
        "the control characters that reach no terminal",
        "md5_service/cli/report.py",
        "sys.stdout.write(_as_one_line(line))",
        "sys.stdout.write(os.fsdecode(line))",
        cli("test_printed.py::test_names_on_a_terminal_and_as_they_are_in_a_pipe"),
    ),
    Mutant(
        "the control characters in reasons",
        "md5_service/cli/report.py",
        'f"{printable(str(words))}\\n"',
        'f"{words}\\n"',
        cli("test_printed.py::test_the_reason_of_a_failed_task_with_headers_of_a_csv"),
    ),
    Mutant(
        "the numbers of closed streams that no file gets",
        "md5_service/cli/main.py",
        "    _occupy_standard_descriptors()\n    try:\n",
        "    try:\n",
        cli("test_printed.py::test_up_works_whatever_becomes_of_its_streams[closed]"),
    ),
    Mutant(
        "the processes that have begun before up is ready",
        "md5_service/cli/up.py",
        "while not (all(process.has_begun for process in processes) and _is_ready(address)):",
        "while not _is_ready(address):",
        cli("test_launcher.py::test_a_part_that_does_not_stay_up_is_named_though_the_api_answers"),
    ),
    Mutant(
        "the folders of a name in a manifest",
        "md5_service/cli/check.py",
        "self.client.put(source, filename=name, batch",
        "self.client.put(source, batch",
        cli("test_check.py::test_the_service_s_manifest_of_a_delivery_is_one_for_its_folder[check]"),
    ),
    Mutant(
        "the end of the processes of up with the process that launched them",
        LAUNCHER,
        "    os.setsid()\n    die_with_parent()\n",
        "    os.setsid()\n",
        cli("test_launcher.py::test_parts_end_with_the_launcher_and_the_next_is_launched_by_a_new_one"),
    ),
    Mutant(
        "the group of its own of each process of up",
        LAUNCHER,
        "    os.setsid()\n    die_with_parent()\n",
        "    die_with_parent()\n",
        cli("test_launcher.py::test_it_is_a_process_of_its_own_and_says_what_it_is"),
    ),
    Mutant(
        "the umask of up",
        "md5_service/cli/up.py",
        "    os.umask(OTHERS)  # all processes inherit it\n",
        "",
        cli("test_up.py::test_a_folder_with_a_long_and_odd_name_works_and_is_private"),
    ),
    Mutant(
        "what closes a folder that was open",
        "md5_service/cli/folder.py",
        "        self.path.chmod(0o700)\n",
        "",
        cli("test_up.py::test_a_folder_that_was_open_is_private_from_now_on"),
    ),
    Mutant(
        "the look at what stands where a backup goes",
        "md5_service/cli/backup.py",
        " | os.O_NOFOLLOW",
        "",
        cli("test_backup.py::test_what_others_have_put_in_the_place_of_a_backup_is_not_written_to"),
    ),
)
