"""Mutants of the kinds' rows."""

from tests.faults.mutants.places import api, data
from tests.faults.mutation import Mutant

CONTACTS = "md5_task_data/kinds/contacts.py"

MUTANTS = (
    Mutant(
        "the time that a file may wait for the DNS",
        "md5_task_data/kinds/domains.py",
        "min(FILE_S * SECOND - int(of_file or 0), OWNER_S",
        "min(OWNER_S",
        data("test_domains.py::test_a_file_and_an_owner_have_so_much_time_and_a_part_no_more_than_its_own[sqlite]"),
    ),
    Mutant(
        "the owner of a contact",
        CONTACTS,
        "query.where(contacts.c.owner == owner)",
        "query",
        api("test_other_owners.py::test_what_another_owner_has_is_as_what_never_was"),
    ),
    Mutant(
        "the first row of a file, whatever part comes first",
        CONTACTS,
        "and_(contacts.c.task_id == new.task_id, contacts.c.line > new.line)",
        "and_(contacts.c.task_id == new.task_id, contacts.c.line < 0)",
        data("test_contacts.py::test_the_first_row_of_a_file_wins_in_whatever_order_its_parts_come[sqlite]"),
    ),
    Mutant(
        "the record that another file brought",
        CONTACTS,
        "and_(contacts.c.task_id == new.task_id, contacts.c.line > new.line)",
        "contacts.c.line > new.line",
        data("test_contacts.py::test_what_another_file_brought_stays_though_its_line_is_a_later_one[sqlite]"),
    ),
    Mutant(
        "the order in which addresses are locked",
        CONTACTS,
        ".order_by(_LOADING.c.key)",
        ".order_by(_LOADING.c.line)",
        data("test_contacts.py::test_files_that_are_loaded_at_the_same_time_share_their_addresses[postgresql]"),
    ),
)
